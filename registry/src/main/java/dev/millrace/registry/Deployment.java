package dev.millrace.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one subscriber serves for an alias, as it said last: the value under {@code MODEL@ALIAS/INSTANCE} in the
 * {@code model-deployments} topic.
 *
 * @param model the model's name
 * @param alias that is followed
 * @param instance which subscriber: a name from its settings, or one that was made up for the life of the process
 * @param state how it fares
 * @param share of the requests that this alias is given: 1 without a canary, 0 for one that only answers beside
 * @param version that answers, or null while there is none
 * @param since when it has answered, or null
 * @param newest the version that the alias names, as far as the subscriber has heard; or null
 * @param time of the report
 * @param reason why it is failing, at most {@value #MAX_REASON_CHARACTERS} characters; or null
 * @param successor the model whose version answers, where that is not {@code model}; else null
 */
public record Deployment(
        String model,
        String alias,
        String instance,
        State state,
        double share,
        @Nullable Long version,
        @Nullable Instant since,
        @Nullable Long newest,
        Instant time,
        @Nullable String reason,
        @Nullable String successor) {

    /** How a subscriber fares with what its alias names. */
    public enum State {

        /** It waits for a version, or loads one; another one may be serving meanwhile. */
        LOADING,

        /** It serves what the alias names. */
        SERVING,

        /** What the alias names was refused; another one may be serving meanwhile. */
        FAILING,

        /** It was closed. */
        STOPPED
    }

    /** The longest reason that is told. */
    public static final int MAX_REASON_CHARACTERS = 200;

    /**
     * One whose version is of the model itself.
     *
     * @param model as above
     * @param alias as above
     * @param instance as above
     * @param state as above
     * @param share as above
     * @param version as above
     * @param since as above
     * @param newest as above
     * @param time as above
     * @param reason as above
     */
    public Deployment(
            String model,
            String alias,
            String instance,
            State state,
            double share,
            @Nullable Long version,
            @Nullable Instant since,
            @Nullable Long newest,
            Instant time,
            @Nullable String reason) {
        this(model, alias, instance, state, share, version, since, newest, time, reason, null);
    }

    public Deployment {
        ModelAlias name = new ModelAlias(model, alias);
        if (!RegistryKey.NAME_PATTERN.matcher(instance).matches()) {
            throw new IllegalArgumentException("the instance of " + name + " must match " + RegistryKey.NAME);
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share must be from 0 to 1, but is " + share);
        }
        if (reason != null
                && (reason.length() > MAX_REASON_CHARACTERS || reason.chars().anyMatch(Character::isISOControl))) {
            throw new IllegalArgumentException("reason must have at most " + MAX_REASON_CHARACTERS
                    + " characters, none of them a control character");
        }
    }

    /** {@return the key of the record} */
    public String key() {
        return model + "@" + alias + "/" + instance;
    }

    /**
     * For how long another version than the one that answers has been wanted.
     *
     * @param registry says where the alias leads
     * @param now to measure against
     * @return zero when what answers is what the alias names; empty when nobody knows: the alias leads nowhere
     */
    public Optional<Duration> staleness(ModelRegistry registry, Instant now) {
        Optional<VersionRecord> wanted = registry.followed(model, alias);
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(staleSince(registry)
                .map(since -> Duration.between(since, now))
                .filter(stale -> !stale.isNegative())
                .orElse(Duration.ZERO));
    }

    /**
     * Since when another version than the one that answers has been wanted.
     *
     * @param registry says where the alias leads
     * @return empty when what answers is what the alias names, or it names nothing
     */
    public Optional<Instant> staleSince(ModelRegistry registry) {
        String answering = successor == null ? model : successor;
        return registry.followed(model, alias)
                .filter(wanted -> version == null || version != wanted.version() || !answering.equals(wanted.model()))
                .map(wanted -> registry.pin(wanted.model(), alias)
                        .map(Pin::time)
                        .or(() -> registry.alias(wanted.model(), alias).map(Alias::time))
                        .orElse(wanted.time()))
                .map(since -> registry.successor(model)
                        .map(Successor::time)
                        .filter(since::isBefore)
                        .orElse(since));
    }

    /** This at another time, and in another state. */
    Deployment at(State other, Instant now) {
        return new Deployment(model, alias, instance, other, share, version, since, newest, now, reason, successor);
    }

    /** Whether another report tells the same, but for its time. */
    boolean tellsTheSame(@Nullable Deployment other) {
        return other != null && equals(other.at(other.state, time));
    }

    /** Why something failed, without what other people wrote: of exceptions that are not ours, the kind alone. */
    static String reason(Throwable cause) {
        boolean ours = cause instanceof ArtifactException || cause instanceof UntrustedVersionException;
        String text = ours && cause.getMessage() != null
                ? cause.getMessage().replaceAll("\\p{Cc}", " ")
                : cause.getClass().getSimpleName() + "; the log of the instance says more";
        return text.length() <= MAX_REASON_CHARACTERS ? text : text.substring(0, MAX_REASON_CHARACTERS - 1) + "…";
    }
}
