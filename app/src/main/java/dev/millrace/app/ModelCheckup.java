package dev.millrace.app;

import dev.millrace.model.PretrainedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks at what the settings name beside Kafka and the store: the base, the keys, and the address to listen on.
 *
 * @param settings all of them
 * @param directory that paths start from
 */
record ModelCheckup(Settings settings, Path directory) {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    List<Finding> findings() {
        List<Finding> found = new ArrayList<>();
        Map<String, Settings> byBase = new TreeMap<>();
        settings.models().stream()
                .map(settings::forModel)
                .forEach(own -> byBase.putIfAbsent(own.trainer().base(), own));
        byBase.values().forEach(own -> found.add(base(own)));
        found.add(keys());
        found.add(http());
        return found;
    }

    private Finding base(Settings own) {
        try {
            PretrainedModel base = Learning.base(own, directory);
            return Finding.ok("base", base.name() + " can be read");
        } catch (CommandException | IllegalArgumentException e) {
            return Finding.problem("base", String.valueOf(e.getMessage()), "see trainer.base and trainer.base-head");
        }
    }

    private Finding keys() {
        Settings.Registry registry = settings.registry();
        List<String> used = new ArrayList<>();
        try {
            Signing.signer(registry, directory);
            used.add(registry.signingKey() == null ? "versions are not signed" : "versions are signed");
            Signing.trust(registry, directory);
            used.add(
                    registry.trustedKeys() == null
                            ? "every version is accepted"
                            : "only trusted versions are accepted");
            used.add(
                    HttpAccess.of(settings.http(), directory).hasTokens()
                            ? "there is a token for HTTP"
                            : "there is no token for HTTP");
            return Finding.ok("keys", String.join(", ", used));
        } catch (CommandException e) {
            return Finding.problem(
                    "keys",
                    String.valueOf(e.getMessage()),
                    "\"millrace registry keygen\" makes keys that fit; see registry.signing-key, registry.trusted-keys"
                            + " and http.token-file");
        }
    }

    private Finding http() {
        HttpSettings http = settings.http();
        String where = http.host() + ":" + http.port();
        try (ServerSocket socket = new ServerSocket(http.port(), 1, InetAddress.getByName(http.host()))) {
            return Finding.ok("http", socket.isBound() ? where + " is free" : where);
        } catch (IOException e) {
            String advice = "choose another with http.port or http.host";
            return isMillrace(http)
                    ? Finding.warning(
                            "http", "a Millrace answers on " + where + " already", advice + " to start a second")
                    : Finding.problem("http", where + " cannot be had: " + e.getMessage(), advice);
        }
    }

    private static boolean isMillrace(HttpSettings http) {
        try {
            URI address = new URI("http", null, http.host(), http.port(), "/startupz", null, null);
            HttpResponse<String> answer = HttpClient.newBuilder()
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(
                            HttpRequest.newBuilder(address).timeout(PATIENCE).build(),
                            HttpResponse.BodyHandlers.ofString());
            return answer.body().contains("\"start-up\"");
        } catch (IOException | URISyntaxException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
