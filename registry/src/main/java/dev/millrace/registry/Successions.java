package dev.millrace.registry;

import java.util.Optional;

/** What a cut-over from one model to another must not do. */
final class Successions {

    private Successions() {}

    /**
     * Refuses what would be a circle, a chain, or a second successor beside the first: whoever looks must find in one step
     * what is served.
     */
    static void requireFree(ModelRegistry registry, String model, String to) {
        if (model.equals(to)) {
            throw new GovernanceException(model + " cannot be served in its own place; name another model");
        }
        for (String named : new String[] {model, to}) {
            if (!registry.models().contains(named)) {
                throw new GovernanceException("there is no model '" + named + "'; there are " + registry.models());
            }
        }
        registry.successor(model).ifPresent(before -> {
            throw new GovernanceException(before.successor() + " is served in the place of " + model
                    + " already, since " + before.time() + "; undo that first (cut-over " + model + " --back)");
        });
        registry.successor(to).ifPresent(next -> {
            throw new GovernanceException(next.successor() + " is served in the place of " + to
                    + ", so name that; a cut-over does not lead through another one");
        });
        predecessor(registry, model).ifPresent(first -> {
            throw new GovernanceException(model + " is served in the place of " + first
                    + " itself, and a cut-over does not lead through another one; undo that first (cut-over " + first
                    + " --back), or cut " + first + " over to " + to);
        });
    }

    /** Refuses to take an alias back of which nobody would notice. */
    static void requireFollowed(ModelRegistry registry, String model, String alias) {
        registry.successor(model).ifPresent(cutOver -> {
            throw new GovernanceException("nobody follows alias '" + alias + "' of " + model + ", for "
                    + cutOver.successor() + " is served in its place since " + cutOver.time() + "; roll "
                    + cutOver.successor() + " back, or undo the cut-over (cut-over " + model + " --back)");
        });
    }

    private static Optional<String> predecessor(ModelRegistry registry, String model) {
        return registry.models().stream()
                .filter(name -> registry.successor(name)
                        .filter(cutOver -> cutOver.successor().equals(model))
                        .isPresent())
                .findFirst();
    }
}
