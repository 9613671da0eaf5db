package dev.millrace.monitoring;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/** Writes dashboards as Grafana reads them from files. */
final class DashboardJson {

    private static final int COLUMNS = 24;
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private int nextId = 1;

    private DashboardJson() {}

    static String of(Dashboard dashboard, List<Dashboard> all) throws IOException {
        return JSON.writeValueAsString(new DashboardJson().page(dashboard, all)).replace("\r\n", "\n") + "\n";
    }

    private ObjectNode page(Dashboard dashboard, List<Dashboard> all) {
        ObjectNode page = JSON.createObjectNode();
        page.put("uid", uid(dashboard));
        page.put("title", dashboard.title());
        page.put("description", dashboard.description());
        page.putArray("tags").add("millrace");
        page.put("schemaVersion", 39);
        page.put("version", 1);
        page.put("editable", false);
        page.put("graphTooltip", 1);
        page.put("refresh", "5s");
        page.putObject("time").put("from", "now-30m").put("to", "now");
        page.put("timezone", "browser");
        page.putObject("annotations").putArray("list");
        page.putObject("templating").putArray("list").add(modelVariable());
        ArrayNode links = page.putArray("links");
        all.stream().filter(other -> !other.equals(dashboard)).forEach(other -> links.add(link(other)));
        ArrayNode panels = page.putArray("panels");
        int top = 0;
        for (Dashboard.Row row : dashboard.rows()) {
            top = add(row, top, panels);
        }
        return page;
    }

    private static String uid(Dashboard dashboard) {
        return "millrace-" + dashboard.name();
    }

    private static ObjectNode link(Dashboard other) {
        ObjectNode link = JSON.createObjectNode();
        link.put("type", "link").put("title", other.title()).put("tooltip", other.description());
        link.put("url", "/d/" + uid(other)).put("icon", "dashboard").put("targetBlank", false);
        return link.put("includeVars", true).put("keepTime", true);
    }

    private static ObjectNode modelVariable() {
        ObjectNode variable = JSON.createObjectNode();
        variable.put("name", "model").put("label", "Model").put("type", "query");
        variable.set("datasource", source());
        variable.put("definition", Dashboards.MODELS);
        variable.putObject("query")
                .put("qryType", 1)
                .put("query", Dashboards.MODELS)
                .put("refId", "models");
        variable.put("includeAll", true).put("allValue", ".*").put("multi", true);
        ObjectNode current = variable.putObject("current").put("selected", true);
        current.putArray("text").add("All");
        current.putArray("value").add("$__all");
        return variable.put("refresh", 2).put("sort", 1);
    }

    private static ObjectNode source() {
        return JSON.createObjectNode().put("type", "prometheus").put("uid", "prometheus");
    }

    /** Adds a heading and what is under it, and gives the first free row below. */
    private int add(Dashboard.Row row, int top, ArrayNode panels) {
        ObjectNode heading = panels.addObject();
        heading.put("id", nextId++).put("type", "row").put("title", row.title()).put("collapsed", false);
        place(heading, COLUMNS, 1, 0, top);
        heading.putArray("panels");
        int y = top + 1;
        int x = 0;
        int lowest = 0;
        for (Tile tile : row.tiles()) {
            if (x + tile.width() > COLUMNS) {
                y += lowest;
                x = 0;
                lowest = 0;
            }
            ObjectNode node = panels.addObject();
            node.put("id", nextId++);
            if (tile instanceof Panel panel) {
                draw(panel, node);
            } else if (tile instanceof Text text) {
                draw(text, node);
            }
            place(node, tile.width(), tile.height(), x, y);
            x += tile.width();
            lowest = Math.max(lowest, tile.height());
        }
        return y + lowest;
    }

    private static void place(ObjectNode node, int width, int height, int x, int y) {
        node.putObject("gridPos").put("h", height).put("w", width).put("x", x).put("y", y);
    }

    private static void draw(Text text, ObjectNode node) {
        node.put("type", "text").put("title", text.title());
        node.putObject("options").put("mode", "markdown").put("content", text.markdown());
    }

    private static void draw(Panel panel, ObjectNode node) {
        node.put("type", panel.kind().grafana()).put("title", panel.title()).put("description", panel.description());
        node.set("datasource", source());
        ArrayNode targets = node.putArray("targets");
        for (Query query : panel.queries()) {
            ObjectNode target = targets.addObject();
            target.put("refId", String.valueOf((char) ('A' + targets.size() - 1)));
            target.set("datasource", source());
            target.put("expr", query.expression()).put("legendFormat", query.legend());
            if (panel.kind() == Panel.Kind.TABLE || panel.kind() == Panel.Kind.BARS) {
                target.put("instant", true).put("range", false);
                target.put("format", panel.kind() == Panel.Kind.TABLE ? "table" : "time_series");
            }
        }
        ObjectNode fieldConfig = node.putObject("fieldConfig");
        ObjectNode defaults =
                fieldConfig.putObject("defaults").put("unit", panel.unit().grafana());
        defaults.putObject("color").put("mode", panel.kind() == Panel.Kind.LINES ? "palette-classic" : "thresholds");
        ObjectNode thresholds = defaults.putObject("thresholds").put("mode", "absolute");
        ArrayNode steps = thresholds.putArray("steps");
        steps.addObject().put("color", panel.base()).putNull("value");
        panel.thresholds()
                .forEach(step -> steps.addObject().put("color", step.colour()).put("value", step.from()));
        if (panel.kind() == Panel.Kind.LINES && !panel.thresholds().isEmpty()) {
            defaults.putObject("custom").putObject("thresholdsStyle").put("mode", "dashed");
        }
        fieldConfig.putArray("overrides");
        options(panel, node.putObject("options"));
    }

    private static void options(Panel panel, ObjectNode options) {
        switch (panel.kind()) {
            case STAT -> {
                options.put("colorMode", panel.thresholds().isEmpty() ? "value" : "background");
                options.put("graphMode", "area").put("justifyMode", "auto").put("orientation", "auto");
                options.put("textMode", "value");
                reduce(options);
            }
            case BARS -> {
                options.put("displayMode", "basic")
                        .put("orientation", "horizontal")
                        .put("valueMode", "color");
                reduce(options);
            }
            case LINES -> {
                options.putObject("legend").put("displayMode", "list").put("placement", "bottom");
                options.putObject("tooltip").put("mode", "multi").put("sort", "desc");
            }
            case TABLE -> options.put("showHeader", true);
        }
    }

    private static void reduce(ObjectNode options) {
        ObjectNode reduce = options.putObject("reduceOptions");
        reduce.putArray("calcs").add("lastNotNull");
        reduce.put("fields", "").put("values", false);
    }
}
