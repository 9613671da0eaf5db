package dev.millrace.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How long each operator took, without those that it called, read from a trace of libtorch's profiler. Immutable.
 *
 * @param millis of one step, by the name of the operator
 */
record OperatorTimes(Map<String, Double> millis) {

    private static final ObjectMapper JSON = new ObjectMapper();

    private record Call(String name, long thread, double begun, double micros) {

        double end() {
            return begun + micros;
        }
    }

    /**
     * Reads a trace.
     *
     * @param trace in Chrome's format
     * @param steps that it is of
     * @return the times of one step
     */
    static OperatorTimes read(Path trace, int steps) throws IOException {
        JsonNode root = JSON.readTree(trace.toFile());
        List<Call> calls = new ArrayList<>();
        for (JsonNode event : root.has("traceEvents") ? root.get("traceEvents") : root) {
            if (event.path("ph").asText().equals("X")) {
                calls.add(new Call(
                        event.path("name").asText(),
                        event.path("tid").asLong(),
                        event.path("ts").asDouble(),
                        event.path("dur").asDouble()));
            }
        }
        calls.sort(Comparator.comparingLong(Call::thread)
                .thenComparingDouble(Call::begun)
                .thenComparing(Comparator.comparingDouble(Call::micros).reversed()));
        Map<String, Double> millis = new HashMap<>();
        Deque<Call> callers = new ArrayDeque<>();
        for (Call call : calls) {
            while (!callers.isEmpty()
                    && (callers.peek().thread() != call.thread()
                            || callers.peek().end() <= call.begun())) {
                callers.pop();
            }
            if (!callers.isEmpty()) {
                millis.merge(callers.peek().name(), -call.micros() / 1e3 / steps, Double::sum);
            }
            millis.merge(call.name(), call.micros() / 1e3 / steps, Double::sum);
            callers.push(call);
        }
        return new OperatorTimes(millis);
    }

    double total() {
        return millis.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** The names of the operators that took longest, the longest first. */
    List<String> longest(int count) {
        return millis.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(count)
                .map(Map.Entry::getKey)
                .toList();
    }
}
