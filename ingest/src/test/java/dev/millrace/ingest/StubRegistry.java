package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** As much of Confluent's HTTP API as a reader of values needs, which fails when it is told to. */
final class StubRegistry implements AutoCloseable {

    final List<String> asked = new CopyOnWriteArrayList<>();
    final AtomicInteger failures = new AtomicInteger();
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final HttpServer server;

    StubRegistry() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    SchemaRegistry address(@Nullable String authorization, Duration patience) {
        return new SchemaRegistry(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/apis/ccompat/v7"),
                authorization,
                patience);
    }

    /** Of a schema whose registry does not say what it is. */
    static final String UNTOLD = "";

    /** Registers a schema that uses others, each given as name, subject. */
    void put(String path, String type, String schema, String... references) {
        ObjectNode answer = JsonTree.MAPPER.createObjectNode().put("schema", schema);
        if (!type.equals("AVRO") && !type.equals(UNTOLD)) {
            answer.put("schemaType", type);
        }
        for (int i = 0; i < references.length; i += 2) {
            answer.withArray("references")
                    .addObject()
                    .put("name", references[i])
                    .put("subject", references[i + 1])
                    .put("version", 1);
        }
        answers.put("/apis/ccompat/v7" + path, answer.toString());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        asked.add(path + " " + exchange.getRequestHeaders().getFirst("Authorization"));
        String found = answers.getOrDefault(path, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
        int status =
                failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? 503 : answers.containsKey(path) ? 200 : 404;
        byte[] body = (status == 503 ? "<html>" : found).getBytes(UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
