package dev.millrace.monitoring;

/** What the values of a panel are measured in, by Grafana's names. */
enum Unit {
    NONE("none"),
    COUNT("short"),
    PER_SECOND("cps"),
    SHARE("percentunit"),
    SECONDS("s"),
    BYTES("bytes"),
    NATS("nats"),
    PROCESSORS("suffix: processors");

    private final String grafana;

    Unit(String grafana) {
        this.grafana = grafana;
    }

    String grafana() {
        return grafana;
    }
}
