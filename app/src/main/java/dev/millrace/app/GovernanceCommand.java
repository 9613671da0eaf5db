package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.GovernanceException;
import dev.millrace.registry.IndefiniteOutcomeException;
import dev.millrace.registry.PublishFailedException;
import dev.millrace.registry.RegistryFormatException;
import dev.millrace.registry.RegistryShapes;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/** What the commands have in common that change the registry. */
abstract class GovernanceCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final AskedBy asked = new AskedBy();

    @Mixin
    private final JsonOption json = new JsonOption();

    GovernanceCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    /**
     * Does it.
     *
     * @return what is so now, a sentence for people
     */
    abstract String change(Governance governance, Settings settings, Asked asked);

    @Override
    public final void run() {
        Settings settings = options.settings();
        Cluster.connect(settings.kafka()).close();
        try (Governance governance = Governance.open(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), around.clock())) {
            String done = change(governance, settings, new Asked(asked.by(), asked.reason()));
            if (json.given()) {
                json.print(around.out(), RegistryShapes.events(governance.told()));
            } else {
                around.out().println(done);
            }
            around.out().flush();
        } catch (GovernanceException
                | PublishFailedException
                | IndefiniteOutcomeException
                | RegistryFormatException
                | IllegalStateException
                | KafkaException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What was given for the version; an error where it must be. */
    static String required(@Nullable String name) {
        if (name == null) {
            throw new CommandException("which version? Name its number, or an alias");
        }
        return name;
    }
}
