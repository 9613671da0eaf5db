package dev.millrace.app;

import dev.millrace.model.PretrainedModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pretrained models, each of which is read once. Thread-safe. */
final class Bases {

    private final Path directory;
    private final Map<List<Object>, PretrainedModel> read = new HashMap<>();

    /** @param directory that relative folders start from */
    Bases(Path directory) {
        this.directory = directory;
    }

    /**
     * The model to start from.
     *
     * @param settings of which {@code trainer.base} names it
     * @throws CommandException when it cannot be read
     */
    synchronized PretrainedModel of(Settings settings) {
        Settings.Trainer trainer = settings.trainer();
        return read.computeIfAbsent(
                List.of(trainer.base(), trainer.keepsHead()), named -> Learning.base(settings, directory));
    }
}
