package dev.millrace.trainer;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Tokenizer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a model's training meets on its way along the ledger, in order. */
sealed interface LedgerEntry {

    /** Examples as the network takes them; those that were not tokenized ahead are now. */
    static List<TrainingExample> encoded(List<Example> examples, Tokenizer tokenizer) {
        return examples.stream().map(example -> example.encoded(tokenizer)).toList();
    }

    /** Where it lies; what lies between two records carries the offset of the second. */
    long offset();

    /**
     * An example, with the time that the log gave it, the tokens of its text where it was tokenized ahead, and its {@link
     * Holdout#place}.
     */
    record Example(
            long offset,
            Instant timestamp,
            LabelledExample example,
            @Nullable TokenIds tokens,
            double place) implements LedgerEntry {

        Example(long offset, Instant timestamp, LabelledExample example, @Nullable TokenIds tokens) {
            this(offset, timestamp, example, tokens, Holdout.place(example.id()));
        }

        private TrainingExample encoded(Tokenizer tokenizer) {
            TokenIds ids = tokens == null ? tokenizer.encode(example.text()) : tokens;
            return new TrainingExample(ids, example.label(), example.weight(), example.replaces());
        }
    }

    /** A control record of the ledger. */
    record Control(long offset, ControlRecord control) implements LedgerEntry {}

    /** Something other than the log closes a mini-batch here. */
    record EarlyBoundary(long offset) implements LedgerEntry {}

    /** The trainer was started with other settings here. */
    record Reconfigured(long offset, Map<String, String> settings) implements LedgerEntry {

        public Reconfigured {
            settings = Map.copyOf(settings);
        }
    }
}
