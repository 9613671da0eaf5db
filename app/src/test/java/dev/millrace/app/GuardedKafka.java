package dev.millrace.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.broker.SecuredListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.SecurityUtils;
import org.slf4j.LoggerFactory;

/** A Kafka with its own authorizer, which knows each user by name and lets in nobody else, and what its audit log says. */
final class GuardedKafka implements AutoCloseable {

    /**
     * A line of the audit log.
     *
     * @param user without the type of principal
     */
    record Asked(String user, boolean allowed, AclOperation operation, ResourceType type, String name, String request) {

        private static final Pattern LINE =
                Pattern.compile("Principal = User:(\\S+) is (Allowed|Denied) operation = (\\w+) from host = \\S+ on"
                        + " resource = (\\w+):\\w+:(\\S+) for request = (\\w+) .*");

        static Asked read(String line) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(line);
            }
            return new Asked(
                    matcher.group(1),
                    matcher.group(2).equals("Allowed"),
                    AclOperation.fromString(matcher.group(3)),
                    SecurityUtils.resourceType(matcher.group(4)),
                    matcher.group(5),
                    matcher.group(6));
        }

        boolean uses(String by, NeededRight right) {
            return allowed
                    && user.equals(by)
                    && operation == right.operation()
                    && type == right.on().resourceType()
                    && (right.isForPrefix()
                            ? name.startsWith(right.on().name())
                            : name.equals(right.on().name()));
        }
    }

    private static final Logger AUDIT = (Logger) LoggerFactory.getLogger("kafka.authorizer.logger");

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    };
    private final EmbeddedBroker broker;
    private final Admin admin;

    GuardedKafka(Path folder, Collection<String> users) {
        appender.start();
        AUDIT.setLevel(Level.DEBUG);
        AUDIT.setAdditive(false);
        AUDIT.addAppender(appender);
        String known = users.stream()
                .map(user -> " user_" + user + "=\"" + user + "-secret\"")
                .collect(Collectors.joining());
        broker = EmbeddedBroker.start(
                folder,
                new SecuredListener(
                        "SASL_PLAINTEXT",
                        Map.of(
                                "sasl.enabled.mechanisms", "PLAIN",
                                "listener.name.secured.plain.sasl.jaas.config", module(known),
                                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                                // At the other door, which only the broker itself and the test use, nobody has a name.
                                "super.users", "User:ANONYMOUS")));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    private static String module(String rest) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required" + rest + ";";
    }

    String servers() {
        return broker.securedServers();
    }

    String plainServers() {
        return broker.bootstrapServers();
    }

    /** A client of somebody who may do everything. */
    Admin admin() {
        return admin;
    }

    /** What a client of a user's is made with, beside the servers. */
    static Map<String, String> client(String user) {
        return Map.of(
                "security.protocol", "SASL_PLAINTEXT",
                "sasl.mechanism", "PLAIN",
                "sasl.jaas.config", module(" username=\"" + user + "\" password=\"" + user + "-secret\""));
    }

    void give(Collection<NeededRight> rights, String user) throws Exception {
        List<AclBinding> bindings =
                rights.stream().map(right -> right.givenTo("User:" + user)).toList();
        admin.createAcls(bindings).all().get();
        for (AclBinding binding : bindings) {
            PredictionScene.await("the broker knows of " + binding, () -> isInForce(binding));
        }
    }

    void take(NeededRight right, String user) throws Exception {
        AclBinding binding = right.givenTo("User:" + user);
        admin.deleteAcls(List.of(binding.toFilter())).all().get();
        PredictionScene.await("the broker forgets " + binding, () -> !isInForce(binding));
    }

    /** The broker hears of a change a moment after the controller has made it. */
    private boolean isInForce(AclBinding binding) {
        return !ClusterCheckup.answer(admin.describeAcls(binding.toFilter()).values())
                .isEmpty();
    }

    /** What users asked for since the last call. */
    List<Asked> drain() {
        List<Asked> asked = new ArrayList<>();
        Stream.generate(lines::poll)
                .takeWhile(line -> line != null)
                .filter(line -> !line.contains("Principal = User:ANONYMOUS "))
                .forEach(line -> asked.add(Asked.read(line)));
        return asked;
    }

    @Override
    public void close() {
        admin.close();
        broker.close();
        AUDIT.detachAppender(appender);
        AUDIT.setAdditive(true);
        AUDIT.setLevel(null);
    }
}
