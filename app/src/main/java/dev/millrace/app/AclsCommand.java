package dev.millrace.app;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclBinding;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace acls}: the rights in Kafka that each role and each command needs. */
@Command(
        name = "acls",
        description = {
            "List the rights in Kafka that each role and each command needs, for the topics, groups and transactions of the"
                    + " settings.",
            "With --principal, print the commands that give them; with --apply, give them. To create the topics takes a"
                    + " right to CREATE besides, unless somebody has created them before."
        },
        footer = {
            "",
            "Examples:",
            "  millrace acls",
            "  millrace acls --for trainer --principal User:trainer",
            "  millrace acls --for ingest,trainer --principal User:millrace --apply --bootstrap-servers kafka:9092",
            "",
            "docs/security.md has the same, with the default names."
        })
final class AclsCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Option(
            names = "--for",
            paramLabel = "WHO",
            split = ",",
            description = "Whose: ${COMPLETION-CANDIDATES}. Default: all of them.")
    private Set<KafkaUser> users = EnumSet.allOf(KafkaUser.class);

    @Option(names = "--principal", paramLabel = "TYPE:NAME", description = "Who gets them, such as User:trainer.")
    private @Nullable String principal;

    @Option(names = "--apply", description = "Give them; needs the right to ALTER the cluster.")
    private boolean apply;

    @Option(names = "--markdown", hidden = true, description = "Print the tables of the page.")
    private boolean markdown;

    AclsCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        if (markdown) {
            around.out().print(RightsReference.markdown(settings));
        } else if (principal == null) {
            if (apply) {
                throw new CommandException("whom should --apply give them to? Name --principal, such as User:trainer");
            }
            around.out().print(RightsReference.plain(settings, EnumSet.copyOf(users)));
        } else {
            give(settings, principal);
        }
        around.out().flush();
    }

    private void give(Settings settings, String to) {
        if (!to.matches("[A-Za-z]+:.+")) {
            throw new CommandException("--principal must be TYPE:NAME, such as User:trainer, but is " + to);
        }
        Map<AclBinding, NeededRight> rights = new LinkedHashMap<>();
        for (KafkaUser user : EnumSet.copyOf(users)) {
            NeededRights.of(user, settings).forEach(right -> rights.putIfAbsent(right.givenTo(to), right));
        }
        if (apply) {
            try (Admin admin = Cluster.connect(settings.kafka())) {
                List<AclBinding> given = new ArrayList<>(rights.keySet());
                ClusterCheckup.answer(admin.createAcls(given).all());
            } catch (KafkaException e) {
                throw new CommandException("the rights could not be given: " + e.getMessage(), e);
            }
        }
        for (NeededRight right : rights.values()) {
            around.out()
                    .println(
                            apply
                                    ? to + " has " + right
                                    : "kafka-acls.sh --bootstrap-server "
                                            + settings.kafka().bootstrapServers() + " " + right.arguments(to));
        }
    }
}
