package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a model: the value in the audit topic, under the model's name. The registry's topic keeps
 * the last value of each key, this one all that ever was; an event is written in the transaction of what it tells of.
 * Immutable.
 *
 * @param model the model's name
 * @param action what happened
 * @param version the version that it is about, or null where there is none
 * @param alias the alias that it is about, or null where there is none
 * @param previous where the alias led before, or null when nobody knew or there is no alias
 * @param time when, by the clock of who did it
 * @param by who did it
 * @param reason why
 * @param successor the model that is served in the place of this one from then on, or was until then; null where the event
 *     is about something else
 */
public record RegistryEvent(
        String model,
        Action action,
        @Nullable Long version,
        @Nullable String alias,
        @Nullable Long previous,
        Instant time,
        String by,
        String reason,
        @Nullable String successor) {

    /** What can happen. */
    public enum Action {
        /** A version was published. */
        PUBLISHED,
        /** A version passed the gate. */
        PASSED,
        /** A version did not pass the gate. */
        REFUSED,
        /** An alias came to be, or moved to a newer version. */
        PROMOTED,
        /** An alias moved, or was pinned, to an older version. */
        ROLLED_BACK,
        /** An alias was pinned where it was, or at a newer version. */
        PINNED,
        /** A pin was taken away. */
        UNPINNED,
        /** An alias was removed. */
        ALIAS_REMOVED,
        /** A version was taken out of use. */
        RETIRED,
        /** A job was created, or created anew with other settings. */
        JOB_CREATED,
        /** A job was removed. */
        JOB_REMOVED,
        /** Another model is served in the place of this one. */
        CUT_OVER,
        /** This model is served itself again. */
        CUT_BACK;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * An event that is not about a successor.
     *
     * @param model as above
     * @param action as above
     * @param version as above
     * @param alias as above
     * @param previous as above
     * @param time as above
     * @param by as above
     * @param reason as above
     */
    public RegistryEvent(
            String model,
            Action action,
            @Nullable Long version,
            @Nullable String alias,
            @Nullable Long previous,
            Instant time,
            String by,
            String reason) {
        this(model, action, version, alias, previous, time, by, reason, null);
    }

    static RegistryEvent of(RegistryEntry entry) {
        if (entry instanceof VersionRecord version) {
            return new RegistryEvent(
                    version.model(),
                    Action.PUBLISHED,
                    version.version(),
                    null,
                    null,
                    version.time(),
                    "trainer",
                    version.examples() + " examples");
        }
        if (entry instanceof Alias alias) {
            return new RegistryEvent(
                    alias.model(),
                    isBack(alias.previous(), alias.version()) ? Action.ROLLED_BACK : Action.PROMOTED,
                    alias.version(),
                    alias.alias(),
                    alias.previous(),
                    alias.time(),
                    alias.by(),
                    alias.reason());
        }
        if (entry instanceof Pin pin) {
            return new RegistryEvent(
                    pin.model(),
                    isBack(pin.previous(), pin.version()) ? Action.ROLLED_BACK : Action.PINNED,
                    pin.version(),
                    pin.alias(),
                    pin.previous(),
                    pin.time(),
                    pin.by(),
                    pin.reason());
        }
        if (entry instanceof Verdict verdict) {
            return new RegistryEvent(
                    verdict.model(),
                    verdict.passed() ? Action.PASSED : Action.REFUSED,
                    verdict.version(),
                    null,
                    verdict.champion(),
                    verdict.time(),
                    verdict.by(),
                    reasons(verdict));
        }
        if (entry instanceof JobRecord job) {
            return new RegistryEvent(
                    job.model(), Action.JOB_CREATED, null, null, null, job.time(), job.by(), job.reason());
        }
        if (entry instanceof Successor cutOver) {
            return new RegistryEvent(
                    cutOver.model(),
                    Action.CUT_OVER,
                    null,
                    null,
                    null,
                    cutOver.time(),
                    cutOver.by(),
                    cutOver.reason(),
                    cutOver.successor());
        }
        Retirement retirement = (Retirement) entry;
        return new RegistryEvent(
                retirement.model(),
                Action.RETIRED,
                retirement.version(),
                null,
                null,
                retirement.time(),
                retirement.by(),
                retirement.reason());
    }

    static RegistryEvent of(Removal removal) {
        return new RegistryEvent(
                removal.model(),
                switch (removal.what()) {
                    case PIN -> Action.UNPINNED;
                    case ALIAS -> Action.ALIAS_REMOVED;
                    case JOB -> Action.JOB_REMOVED;
                    case SUCCESSOR -> Action.CUT_BACK;
                },
                null,
                isOfAlias(removal.what()) ? removal.name() : null,
                removal.previous(),
                removal.time(),
                removal.by(),
                removal.reason(),
                removal.what() == Removal.What.SUCCESSOR ? removal.name() : null);
    }

    private static boolean isOfAlias(Removal.What what) {
        return what == Removal.What.ALIAS || what == Removal.What.PIN;
    }

    private static boolean isBack(@Nullable Long previous, long version) {
        return previous != null && version < previous;
    }

    private static String reasons(Verdict verdict) {
        return verdict.findings().stream()
                .filter(finding -> finding.passed() == verdict.passed())
                .map(Verdict.Finding::reason)
                .collect(Collectors.joining("; "));
    }

    void write(ObjectNode json) {
        json.put("action", action.toString());
        if (version != null) {
            json.put("version", version);
        }
        if (alias != null) {
            json.put("alias", alias);
        }
        if (previous != null) {
            json.put("previous", previous);
        }
        if (successor != null) {
            json.put("successor", successor);
        }
    }

    static RegistryEvent read(JsonFields fields) {
        return new RegistryEvent(
                fields.text("model"),
                Action.valueOf(fields.text("action").toUpperCase(Locale.ROOT).replace('-', '_')),
                fields.optionalInteger("version"),
                fields.optionalText("alias"),
                fields.optionalInteger("previous"),
                fields.instant("time"),
                fields.text("by"),
                fields.text("reason"),
                fields.optionalText("successor"));
    }
}
