package dev.millrace.app;

import java.util.List;
import java.util.Locale;

/** One that speaks to Kafka, with rights of its own. A process of several roles has those of each of them. */
enum KafkaUser {
    INGEST("`run --roles ingest`"),
    TRAINER("`run --roles trainer`"),
    SCORE("`run --roles score`, and a service of yours with a subscription"),
    PREDICT("`run --roles predict`"),
    REGISTRY("`run --roles registry`: what its API and its console show"),
    OPERATOR(
            "`registry promote`, `rollback`, `pin`, `unpin`, `remove-alias` and `retire`, and `jobs create` and `remove`; a process with the role"
                    + " `registry` needs these too where changes are made through it"),
    SWITCHER("`registry cut-over`"),
    LABELLER("a process with the role `registry` where people label texts and mend dead letters in the console"),
    PRODUCER("`produce`, and any producer of examples"),
    BACKFILLER("`produce --from-topic`; for another topic than the ledger, READ on that one instead"),
    ASKER("whoever writes inputs and reads predictions; its own consumer group, if it has one, comes to that"),
    VIEWER("`score`, and the commands of `registry` that look: `list`, `show`, `lineage`, `diff`, `pull`, `sweep`,"
            + " `history`, `deployments`"),
    STEERER("`control`, `registry unlearn`, and `registry replay`, which writes nothing"),
    IMPORTER("`registry import`"),
    DOCTOR("`doctor`");

    private final String runs;

    KafkaUser(String runs) {
        this.runs = runs;
    }

    /** {@return what it runs, in Markdown} */
    String runs() {
        return runs;
    }

    /** {@return its name, as people write it} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the users that a process with a role is} */
    static List<KafkaUser> of(Role role) {
        return switch (role) {
            case INGEST -> List.of(INGEST);
            case TRAINER -> List.of(TRAINER);
            case REGISTRY -> List.of(REGISTRY);
            case SCORE -> List.of(SCORE);
            case PREDICT -> List.of(PREDICT);
        };
    }
}
