package dev.millrace.app;

import dev.millrace.model.ScoringLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Serving.
 *
 * @param alias whose version is served
 * @param canaryAlias whose version answers a share of the requests; empty for none
 * @param canaryShare how many
 * @param shadowAlias whose version answers beside; empty for none
 * @param reportEvery how often to say what is served without a change
 * @param limits of the queue of requests
 * @param patience for how long a request waits for its answer
 * @param groupId of the consumers of inputs
 * @param top how many labels a prediction ranks
 */
record ScoreSettings(
        String alias,
        String canaryAlias,
        double canaryShare,
        String shadowAlias,
        Duration reportEvery,
        ScoringLimits limits,
        Duration patience,
        String groupId,
        int top) {

    static ScoreSettings of(SettingValues values) {
        return new ScoreSettings(
                values.text("score.alias"),
                values.text("score.canary-alias"),
                values.real("score.canary-share"),
                values.text("score.shadow-alias"),
                values.duration("score.report-every"),
                new ScoringLimits((int) values.whole("score.batch-texts"), values.duration("score.batch-wait"), (int)
                        values.whole("score.queue-texts")),
                values.duration("score.timeout"),
                values.text("score.group-id"),
                (int) values.whole("score.top"));
    }

    List<String> contradictions() {
        List<String> found = new ArrayList<>();
        if (!canaryAlias.isEmpty() && !shadowAlias.isEmpty()) {
            found.add("score: either canary-alias or shadow-alias can be set, for two versions are in memory at most");
        }
        for (String tried : List.of(canaryAlias, shadowAlias)) {
            if (tried.equals(alias)) {
                found.add("score: the alias that is tried must be another one than score.alias, which is " + alias);
            }
        }
        return found;
    }
}
