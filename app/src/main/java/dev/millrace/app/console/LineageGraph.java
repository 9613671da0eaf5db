package dev.millrace.app.console;

import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Versions and where they came from, laid out: the oldest at the left, each line of descent in a lane of its own. Immutable.
 *
 * @param width in units of the drawing
 * @param height likewise
 * @param nodes one a version, oldest first
 * @param edges from parents to children
 */
record LineageGraph(int width, int height, List<Node> nodes, List<Edge> edges) {

    /**
     * A version.
     *
     * @param version its number
     * @param x of its middle
     * @param y likewise
     * @param kind how it is drawn: {@code led}, {@code retired}, {@code refused} or {@code plain}
     * @param aliases that lead to it
     * @param words the same for those who do not see the drawing
     */
    record Node(long version, int x, int y, String kind, List<String> aliases, String words) {

        Node {
            aliases = List.copyOf(aliases);
        }
    }

    /**
     * A line from a parent to its child.
     *
     * @param path in SVG's words
     * @param branches whether it leaves the lane of the parent
     */
    record Edge(String path, boolean branches) {}

    private static final int STEP = 64;
    private static final int LANE = 48;
    private static final int EDGE = 40;
    private static final int TOP = 34;

    LineageGraph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /**
     * Lays out versions.
     *
     * @param registry where they are
     * @param versions of one model, in any order
     * @return the drawing; a parent that is not among them is a line from the left
     */
    static LineageGraph of(ModelRegistry registry, Collection<VersionRecord> versions) {
        TreeMap<Long, VersionRecord> ordered = new TreeMap<>();
        versions.forEach(version -> ordered.put(version.version(), version));
        Map<Long, Node> placed = new HashMap<>();
        List<Long> ends = new ArrayList<>();
        List<Node> nodes = new ArrayList<>();
        List<Edge> edges = new ArrayList<>();
        for (VersionRecord version : ordered.values()) {
            Long parent = version.parent();
            int lane = parent == null ? -1 : ends.indexOf(parent);
            if (lane < 0) {
                lane = ends.size();
                ends.add(version.version());
            } else {
                ends.set(lane, version.version());
            }
            Node node = node(registry, version, EDGE + STEP * nodes.size(), TOP + LANE * lane);
            if (parent != null) {
                edges.add(edge(placed.get(parent), node));
            }
            placed.put(version.version(), node);
            nodes.add(node);
        }
        return new LineageGraph(
                2 * EDGE + STEP * Math.max(0, nodes.size() - 1),
                TOP + LANE * Math.max(1, ends.size()) - LANE / 4,
                nodes,
                edges);
    }

    private static Node node(ModelRegistry registry, VersionRecord version, int x, int y) {
        List<String> aliases = VersionShown.aliases(registry, version);
        boolean retired =
                registry.retirement(version.model(), version.version()).isPresent();
        boolean refused = registry.verdict(version.model(), version.version())
                .filter(verdict -> !verdict.passed())
                .isPresent();
        String kind = retired ? "retired" : !aliases.isEmpty() ? "led" : refused ? "refused" : "plain";
        return new Node(version.version(), x, y, kind, aliases, words(version, aliases, retired, refused));
    }

    private static String words(VersionRecord version, List<String> aliases, boolean retired, boolean refused) {
        StringBuilder words =
                new StringBuilder(version.parent() == null ? "from the base" : "from " + version.parent());
        if (version.parent() != null && version.parent() != version.version() - 1) {
            words.append(", a branch");
        }
        Lineage lineage = version.lineage();
        if (lineage != null) {
            lineage.interventions().stream()
                    .map(one -> ", " + one.action() + " by " + one.by()
                            + (one.reason().isBlank() ? "" : " (" + one.reason() + ")"))
                    .distinct()
                    .forEach(words::append);
        }
        if (!aliases.isEmpty()) {
            words.append("; ").append(String.join(", ", aliases));
        }
        if (refused) {
            words.append("; refused by the gate");
        }
        return retired ? words.append("; retired").toString() : words.toString();
    }

    private static Edge edge(@Nullable Node parent, Node child) {
        if (parent == null) {
            return new Edge("M0 " + child.y() + " H" + child.x(), false);
        }
        if (parent.y() == child.y()) {
            return new Edge("M" + parent.x() + " " + parent.y() + " H" + child.x(), false);
        }
        int bend = parent.x() + STEP / 2;
        return new Edge(
                "M" + parent.x() + " " + parent.y() + " C" + bend + " " + parent.y() + " " + (bend - STEP / 4) + " "
                        + child.y() + " " + (bend + STEP / 4) + " " + child.y() + " H" + child.x(),
                true);
    }
}
