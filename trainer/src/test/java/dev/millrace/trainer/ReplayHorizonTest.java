package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class ReplayHorizonTest {

    @TempDir
    Path folder;

    @Test
    void tellsWhatCanNoLongerBeReplayedAndTrainsOn() throws IOException {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("horizon", 1);
            bench.append(site, HelpDesk.examples("support", 64, 1));
            try (LoopRun run = LoopRun.start(bench, site, "support")) {
                run.until(() -> run.published.size() == 3);
            }
            List<VersionRecord> versions = bench.registry(site).versions("support");
            assertThat(ReplayHorizon.lost(List.of(), site.partition(0), 20)).isEmpty();
            assertThat(ReplayHorizon.lost(versions, site.partition(0), 0)).isEmpty();
            // Versions 1 to 3 reach to the offsets 19, 38 and 57.
            assertThat(ReplayHorizon.lost(versions, site.partition(0), 19).orElseThrow())
                    .startsWith(
                            "The ledger horizon-ledger-0 now begins at offset 19, but support was trained from offset"
                                    + " 0 on: versions 1 to 3 can no longer be replayed from the base. Replay is still possible"
                                    + " from version 1 on");
            assertThat(ReplayHorizon.lost(versions, site.partition(0), 20).orElseThrow())
                    .contains(
                            "Versions 1 to 1 are not a start for a replay either. Replay is still possible from version"
                                    + " 2 on");

            TrainerBench.await(bench.admin
                    .deleteRecords(Map.of(site.partition(0), RecordsToDelete.beforeOffset(57)))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture()::get);
            try (LoopRun run = LoopRun.start(bench, site, "support")) {
                run.until(() -> run.published.size() == 1);
                assertThat(run.published.get(0).examples()).isEqualTo(64);
            }
        }
    }
}
