package dev.millrace.broker;

import java.nio.file.Path;
import java.util.Properties;

/** The broker settings that make Kafka a good single node: one replica of everything, and a fast start. */
final class BrokerSettings {

    static final int NODE_ID = 1;
    static final String CONTROLLER = "CONTROLLER";

    private static final String MAX_RECORD_BYTES = Integer.toString(32 * 1024 * 1024);

    private BrokerSettings() {}

    static Properties of(Path data, int clientPort, int controllerPort, SecuredListener secured, int securedPort) {
        Properties settings = of(data, clientPort, controllerPort);
        settings.merge(
                "listeners", ",SECURED://" + Ports.LOOPBACK + ":" + securedPort, (ours, more) -> "" + ours + more);
        settings.merge(
                "listener.security.protocol.map", ",SECURED:" + secured.protocol(), (ours, more) -> "" + ours + more);
        settings.putAll(secured.settings());
        return settings;
    }

    static Properties of(Path data, int clientPort, int controllerPort) {
        Properties settings = new Properties();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE_ID));
        settings.put("log.dirs", data.toString());
        settings.put("controller.listener.names", CONTROLLER);
        settings.put("controller.quorum.voters", NODE_ID + "@" + Ports.LOOPBACK + ":" + controllerPort);
        settings.put(
                "listeners",
                "CLIENT://" + Ports.LOOPBACK + ":" + clientPort + "," + CONTROLLER + "://" + Ports.LOOPBACK + ":"
                        + controllerPort);
        settings.put("listener.security.protocol.map", "CLIENT:PLAINTEXT," + CONTROLLER + ":PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENT");

        settings.put("auto.create.topics.enable", "false");
        settings.put("default.replication.factor", "1");
        settings.put("min.insync.replicas", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "4");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("transaction.state.log.num.partitions", "4");
        settings.put("share.coordinator.state.topic.replication.factor", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("share.coordinator.state.topic.num.partitions", "4");

        settings.put("group.initial.rebalance.delay.ms", "0");
        // Offsets are written at once: by default the coordinator gathers those of 5 ms, which each commit then lasts
        // longer.
        settings.put("group.coordinator.append.linger.ms", "0");
        settings.put("group.min.session.timeout.ms", "500");
        settings.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
        settings.put("message.max.bytes", MAX_RECORD_BYTES);
        settings.put("replica.fetch.max.bytes", MAX_RECORD_BYTES);
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(8 * 1024 * 1024));
        // No JMX: two brokers in one JVM would fight for the same names.
        settings.put("metric.reporters", "");
        return settings;
    }
}
