package dev.millrace.monitoring;

import dev.millrace.monitoring.Dashboard.Row;
import java.util.List;

/** The processes themselves: the JVM, and the Kafka clients in it. */
final class RuntimeDashboard {

    private RuntimeDashboard() {}

    static Dashboard page() {
        return new Dashboard(
                "runtime",
                "Millrace runtime",
                "The processes themselves: health, the JVM, and the Kafka clients in it.",
                List.of(processes(), machine(), kafka()));
    }

    private static Row processes() {
        return Row.of(
                "Processes",
                Panel.lines(
                                "Reached",
                                Unit.NONE,
                                "1 while Prometheus gets an answer from a process, else 0; the same that the alert Target down asks.",
                                new Query("max by (instance) (up{job=\"millrace\"})", "{{instance}}"))
                        .goodFrom(0.5, 1),
                Panel.table(
                        "What runs",
                        Unit.NONE,
                        "Which Millrace each process is, and what it computes with; none where it computes nothing.",
                        new Query(
                                "max by (instance, version, engine, device, precision) (millrace_build_info)",
                                "{{instance}}")),
                Panel.bars(
                                "Checks of health",
                                Unit.NONE,
                                "1 while a check is up in every process, 0.5 where it is degraded in one, 0 where it is down; /readyz says what is wrong.",
                                new Query("min by (check) (millrace_health_check)", "{{check}}"))
                        .goodFrom(0.5, 1),
                Panel.lines(
                        "Uptime",
                        Unit.SECONDS,
                        "Time since each process started. A saw means that it is started again and again.",
                        of("max", "process_uptime_seconds")),
                Panel.lines(
                        "Threads and files",
                        Unit.COUNT,
                        "Live threads and open files. A steady rise is a leak.",
                        of("max", "jvm_threads_live_threads", "threads"),
                        of("max", "process_files_open_files", "files")));
    }

    private static Row machine() {
        return Row.of(
                "JVM and machine",
                Panel.lines(
                        "Heap",
                        Unit.BYTES,
                        "Used and committed. The network's memory is outside of the heap and not in here.",
                        new Query("sum by (instance) (jvm_memory_used_bytes{area=\"heap\"})", "{{instance}} used"),
                        new Query(
                                "sum by (instance) (jvm_memory_committed_bytes{area=\"heap\"})",
                                "{{instance}} committed")),
                Panel.lines(
                        "Memory outside of the heap",
                        Unit.BYTES,
                        "Classes, compiled code and direct buffers, as the JVM knows of them.",
                        new Query("sum by (instance) (jvm_memory_used_bytes{area=\"nonheap\"})", "{{instance}} JVM"),
                        of("sum", "jvm_buffer_memory_used_bytes", "buffers")),
                Panel.lines(
                        "Processor",
                        Unit.SHARE,
                        "Share of all cores that the process and the whole machine use. Others on the machine slow training.",
                        of("max", "process_cpu_usage", "process"),
                        of("max", "system_cpu_usage", "machine")),
                Panel.lines(
                                "Garbage collection",
                                Unit.SHARE,
                                "Share of the time that went into collecting garbage. Above a tenth, the heap is too small.",
                                of("max", "jvm_gc_overhead"))
                        .badFrom(0.1),
                Panel.lines(
                        "Pauses of garbage collection",
                        Unit.SHARE,
                        "Seconds in each second that everything stood still for it.",
                        new Query(
                                "sum by (instance) (rate(jvm_gc_pause_seconds_sum[$__rate_interval]))",
                                "{{instance}}")),
                Panel.lines(
                        "Heap after collection",
                        Unit.SHARE,
                        "Share of the heap that is in use after garbage was collected. Near to one, the process runs out of memory soon.",
                        of("max", "jvm_memory_usage_after_gc")));
    }

    private static Row kafka() {
        return Row.of(
                "Kafka clients",
                Panel.lines(
                        "Records not fetched yet",
                        Unit.COUNT,
                        "How far each consumer is behind the partition it is furthest behind in: that of ingest, of the trainer, of predictions.",
                        client("max", "kafka_consumer_fetch_manager_records_lag_max")),
                Panel.lines(
                        "Records fetched",
                        Unit.PER_SECOND,
                        "What each consumer takes in.",
                        clientRate("kafka_consumer_fetch_manager_records_consumed_total")),
                Panel.lines(
                        "Rebalances",
                        Unit.COUNT,
                        "Times in the time shown that partitions were given out anew in a consumer's group. Often means members that come and go.",
                        new Query(
                                "sum by (instance, client_id) (increase(kafka_consumer_coordinator_rebalance_total[$__range]))",
                                "{{instance}} {{client_id}}")),
                Panel.lines(
                        "Records processed by ingest",
                        Unit.PER_SECOND,
                        "What the topology on Kafka Streams works through.",
                        new Query(
                                "sum by (instance) (rate(kafka_stream_thread_process_total[$__rate_interval]))",
                                "{{instance}}")),
                Panel.lines(
                        "Requests of producers",
                        Unit.SECONDS,
                        "How long the brokers take to answer the producers of ingest. The state of the disks of the brokers shows here.",
                        new Query(
                                "max by (instance, client_id) (kafka_producer_request_latency_avg) / 1000",
                                "{{instance}} {{client_id}}")),
                Panel.lines(
                                "Records that could not be sent",
                                Unit.PER_SECOND,
                                "Records of ingest that the brokers refused for good. Ingest stops on the first and tells why.",
                                clientRate("kafka_producer_record_error_total"))
                        .badFrom(0.001));
    }

    private static Query of(String aggregation, String meter) {
        return new Query(aggregation + " by (instance) (" + ours(meter) + ")", "{{instance}}");
    }

    private static Query of(String aggregation, String meter, String what) {
        return new Query(aggregation + " by (instance) (" + ours(meter) + ")", "{{instance}} " + what);
    }

    private static String ours(String meter) {
        return meter + "{job=\"millrace\"}";
    }

    private static Query client(String aggregation, String meter) {
        return new Query(aggregation + " by (instance, client_id) (" + meter + ")", "{{instance}} {{client_id}}");
    }

    private static Query clientRate(String counter) {
        return new Query(
                "sum by (instance, client_id) (rate(" + counter + "[$__rate_interval]))", "{{instance}} {{client_id}}");
    }
}
