package dev.millrace.trainer;

import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The workbenches of all jobs of a trainer, by model; what they are made of is closed with it. Any thread may ask for one
 * that was made; jobs are added by one thread.
 */
final class Workbenches implements Function<String, Workbench>, AutoCloseable {

    private final Map<String, Workbench> benches = new ConcurrentHashMap<>();
    private final Compute compute;

    /** By base, and by how many of its layers are used. */
    private final IdentityHashMap<PretrainedModel, Map<Integer, SharedBase>> bases = new IdentityHashMap<>();

    private Workbenches(Compute compute) {
        this.compute = compute;
    }

    /**
     * Loads what the jobs need, and what they share only once.
     *
     * @param jobs by model
     * @param compute where and how to compute
     * @return it; the caller closes it
     * @throws IllegalArgumentException when a recipe does not fit its base; the message names the model
     */
    static Workbenches of(Map<String, Job> jobs, Compute compute) {
        Workbenches all = new Workbenches(compute);
        try {
            jobs.forEach(all::add);
            return all;
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
    }

    /**
     * Makes the workbench of one more job, unless there is one of that model.
     *
     * @throws IllegalArgumentException when its recipe does not fit its base; the message names the model
     */
    void add(String model, Job job) {
        if (!benches.containsKey(model)) {
            benches.put(model, bench(model, job));
        }
    }

    private Workbench bench(String model, Job job) {
        try {
            PretrainedModel kept = job.recipe().kept(job.base());
            return bases.computeIfAbsent(job.base(), base -> new HashMap<>())
                    .computeIfAbsent(kept.config().layers(), layers -> new SharedBase(kept, compute))
                    .of(job.recipe());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(model + ": " + e.getMessage(), e);
        }
    }

    /** Engine, device, precision and threads, which are the same for all. */
    Map<String, String> runtime() {
        return benches.values().iterator().next().network().runtime();
    }

    @Override
    public Workbench apply(String model) {
        return Objects.requireNonNull(benches.get(model), model);
    }

    @Override
    public void close() {
        bases.values().forEach(parts -> parts.values().forEach(SharedBase::close));
    }
}
