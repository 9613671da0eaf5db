package dev.millrace.app.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.app.console.LineageGraph.Edge;
import dev.millrace.app.console.LineageGraph.Node;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LineageGraphTest {

    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    private static VersionRecord version(long number, @Nullable Long parent, String... actions) {
        List<Lineage.Intervention> done = List.of(actions).stream()
                .map(action -> new Lineage.Intervention(0, action, Map.of(), TIME, "ann", "asked to"))
                .toList();
        return new VersionRecord(
                "support",
                number,
                TIME,
                parent,
                "tiny",
                List.of(),
                List.of("a"),
                new LogPosition("ledger", 0, number),
                number,
                number,
                null,
                Map.of(),
                "",
                Map.of(),
                Map.of(),
                new Lineage(0, done, List.of(), List.of()));
    }

    private static LineageGraph of(VersionRecord... versions) {
        return LineageGraph.of(ModelRegistry.empty(), List.of(versions));
    }

    @Test
    void aLineOfDescentHasALaneAndABranchHasOneOfItsOwn() {
        LineageGraph graph =
                of(version(4, 2L, "forget"), version(3, 2L), version(2, 1L), version(1, null), version(5, 4L));

        assertThat(graph.nodes()).extracting(Node::version).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(graph.nodes()).extracting(Node::x).isSorted().doesNotHaveDuplicates();
        assertThat(lane(graph, 1)).isEqualTo(lane(graph, 2)).isEqualTo(lane(graph, 3));
        assertThat(lane(graph, 4)).isEqualTo(lane(graph, 5)).isGreaterThan(lane(graph, 3));
        assertThat(graph.edges()).extracting(Edge::branches).containsExactly(false, false, true, false);
        assertThat(graph.nodes().get(3).words()).isEqualTo("from 2, a branch, forget by ann (asked to)");
        assertThat(graph.height()).isGreaterThan(lane(graph, 5));
        assertThat(graph.width()).isGreaterThan(graph.nodes().get(4).x());
    }

    @Test
    void aParentThatIsNotShownIsALineFromTheLeft() {
        LineageGraph graph = of(version(8, 7L));

        assertThat(graph.edges()).hasSize(1);
        assertThat(graph.edges().get(0).path()).startsWith("M0 ");
        assertThat(graph.nodes().get(0).words()).isEqualTo("from 7");
    }

    @Test
    void aVersionWithoutAParentBeginsALane() {
        LineageGraph graph = of(version(1, null), version(2, null));

        assertThat(graph.edges()).isEmpty();
        assertThat(lane(graph, 2)).isGreaterThan(lane(graph, 1));
        assertThat(graph.nodes().get(1).words()).isEqualTo("from the base");
    }

    private static int lane(LineageGraph graph, int version) {
        return graph.nodes().get(version - 1).y();
    }
}
