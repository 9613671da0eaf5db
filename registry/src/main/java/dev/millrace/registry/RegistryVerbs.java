package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@link Governance} can do, over HTTP, one change after the other. Thread-safe. */
final class RegistryVerbs {

    private static final Logger LOG = LoggerFactory.getLogger(RegistryVerbs.class);

    // A view of this age has missed that many looks that Kafka has not answered.
    private static final Duration TOO_OLD = Duration.ofSeconds(15);
    private static final Duration UNTIL_SEEN = Duration.ofSeconds(5);
    private static final int LONGEST_BLOCK_MS = 10_000;

    private final LiveRegistry live;
    private final Clock clock;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    RegistryVerbs(LiveRegistry live, Clock clock) {
        this.live = live;
        this.clock = clock;
    }

    /**
     * Does what a request asks for, and waits until reads see it.
     *
     * @return the events that tell of it
     */
    ObjectNode run(RegistryVerb verb, String model, Context context) throws InterruptedException {
        VerbRequest request = VerbRequest.read(context, verb.fields());
        return shown(
                context,
                run(
                        verb,
                        model,
                        request,
                        registry -> ApiAnswer.requireUnmoved(context, subject(verb, registry, model, request))));
    }

    /**
     * Creates a job as a request asks for it, and waits until all know it.
     *
     * @return the events that tell of it
     */
    ObjectNode createJob(String model, JobTerms.Completion completion, Context context) throws InterruptedException {
        JobRequest request = JobRequest.read(context);
        return shown(context, run("create a job for " + model, governance -> {
            JobTerms terms = complete(model, completion, request);
            governance.createJob(model, terms.base(), terms.settings(), request.asked());
        }));
    }

    /**
     * Removes a job as a request asks for it, and waits until all know it.
     *
     * @return the events that tell of it
     */
    ObjectNode removeJob(String model, Context context) throws InterruptedException {
        VerbRequest request = VerbRequest.read(context, Set.of());
        return shown(
                context,
                run("remove the job for " + model, governance -> governance.removeJob(model, request.asked())));
    }

    private static JobTerms complete(String model, JobTerms.Completion completion, JobRequest request) {
        try {
            return completion.complete(model, request.base(), request.recipe());
        } catch (IllegalArgumentException e) {
            throw new Problem(422, String.valueOf(e.getMessage()));
        }
    }

    private ObjectNode shown(Context context, List<AuditEntry> told) {
        if (live.lastChange() < last(told)) {
            context.header("Millrace-View-Age", Long.toString(live.age().toSeconds()));
        }
        return RegistryShapes.events(told);
    }

    /**
     * Does it, and waits for a moment until reads see it.
     *
     * @param onlyIf throws what shall be thrown instead of changing anything
     * @return the events that tell of it
     */
    List<AuditEntry> run(RegistryVerb verb, String model, VerbRequest request, Consumer<ModelRegistry> onlyIf)
            throws InterruptedException {
        return run(verb + " " + model, governance -> {
            governance.onlyIf(onlyIf);
            run(verb, governance, model, request);
        });
    }

    private List<AuditEntry> run(String what, Consumer<Governance> change) throws InterruptedException {
        if (live.age().compareTo(TOO_OLD) > 0) {
            throw away("Kafka does not answer");
        }
        List<AuditEntry> told;
        oneAtATime.lock();
        try {
            told = change(change);
        } finally {
            oneAtATime.unlock();
        }
        boolean seen = live.events().await(last(told), UNTIL_SEEN.toNanos());
        LOG.debug("{}; seen: {}", what, seen);
        return told;
    }

    private static long last(List<AuditEntry> told) {
        return told.get(told.size() - 1).offset();
    }

    private List<AuditEntry> change(Consumer<Governance> change) {
        Map<String, Object> client = new HashMap<>(live.client());
        client.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, LONGEST_BLOCK_MS);
        // Opened for each change: a producer that lies idle for days is forgotten by the brokers.
        try (Governance governance = Governance.open(client, live.topic(), clock)) {
            change.accept(governance);
            return governance.told();
        } catch (GovernanceException e) {
            throw new Problem(409, String.valueOf(e.getMessage()));
        } catch (RegistryFormatException e) {
            throw new Problem(422, String.valueOf(e.getMessage()));
        } catch (IndefiniteOutcomeException e) {
            throw away("whether it was done is not known; look at the history before you try again");
        } catch (PublishFailedException | FencedException | KafkaException | IllegalStateException e) {
            throw away("nothing was changed: " + e.getMessage());
        }
    }

    private static void run(RegistryVerb verb, Governance governance, String model, VerbRequest request) {
        String version = request.version();
        switch (verb) {
            case PROMOTE -> governance.promote(model, required(version), request.alias(), request.asked());
            case ROLLBACK -> governance.rollBack(model, version, request.alias(), request.asked());
            case PIN ->
                governance.pin(model, version == null ? request.alias() : version, request.alias(), request.asked());
            case UNPIN -> governance.unpin(model, request.alias(), request.asked());
            case REMOVE_ALIAS -> governance.removeAlias(model, request.alias(), request.asked());
            case RETIRE -> governance.retire(model, number(required(version)), request.asked());
        }
    }

    /** What the verb changes, as a read gives it. */
    private static Optional<ObjectNode> subject(
            RegistryVerb verb, ModelRegistry registry, String model, VerbRequest request) {
        return verb == RegistryVerb.RETIRE
                ? registry.version(model, number(required(request.version())))
                        .map(version -> RegistryShapes.version(registry, version))
                : RegistryShapes.alias(registry, model, request.alias());
    }

    private static String required(@Nullable String version) {
        if (version == null) {
            throw new Problem(422, "\"version\" must say which: a number, an alias or \"latest\"");
        }
        return version;
    }

    private static long number(String version) {
        if (!RegistryKey.NUMBER_PATTERN.matcher(version).matches()) {
            throw new Problem(422, "\"version\" must be the number of a version");
        }
        return Long.parseLong(version);
    }

    private Problem away(String detail) {
        return Problem.away(detail + "; the view is " + live.age().toSeconds() + " s old", live.age());
    }
}
