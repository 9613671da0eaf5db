package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Which secret stands for which role. Holds digests only, so that memory does not tell of the secrets. Immutable. */
final class AccessTokens {

    private final Map<HttpRole, byte[]> digests = new EnumMap<>(HttpRole.class);

    AccessTokens(Map<HttpRole, String> secrets) {
        secrets.forEach((role, secret) -> digests.put(role, digest(secret)));
    }

    boolean isEmpty() {
        return digests.isEmpty();
    }

    boolean has(HttpRole role) {
        return digests.containsKey(role);
    }

    /** The most that a secret allows, found in a time that tells nothing of the others. */
    Optional<HttpRole> role(String secret) {
        byte[] given = digest(secret);
        return digests.entrySet().stream()
                .filter(one -> MessageDigest.isEqual(one.getValue(), given))
                .map(Map.Entry::getKey)
                .max(Comparator.naturalOrder());
    }

    private static byte[] digest(String secret) {
        return Access.sha256(secret.getBytes(StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    }
}
