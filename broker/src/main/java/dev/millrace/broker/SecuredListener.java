package dev.millrace.broker;

import java.util.Map;

/**
 * A second door of a broker, where clients must say who they are.
 *
 * @param protocol Kafka's word for how: {@code SSL}, {@code SASL_SSL} or {@code SASL_PLAINTEXT}
 * @param settings of the broker that say the rest, such as {@code sasl.enabled.mechanisms} or {@code
 *     authorizer.class.name}; they win over ours. What begins with {@code listener.name.secured.} is about this door alone
 */
public record SecuredListener(String protocol, Map<String, String> settings) {

    public SecuredListener {
        settings = Map.copyOf(settings);
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "SecuredListener[protocol=" + protocol + ", settings=" + settings.keySet() + "]";
    }
}
