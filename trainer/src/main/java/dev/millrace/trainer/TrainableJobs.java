package dev.millrace.trainer;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Those of created jobs that can be trained here, each with a workbench once it was found. Not thread-safe. */
final class TrainableJobs implements CreatedJobs {

    private static final Logger LOG = LoggerFactory.getLogger(TrainableJobs.class);

    private final CreatedJobs source;
    private final Workbenches benches;
    private final Set<String> unfit = new HashSet<>();

    TrainableJobs(CreatedJobs source, Workbenches benches) {
        this.source = source;
        this.benches = benches;
    }

    @Override
    public boolean canCome() {
        return source.canCome();
    }

    @Override
    public Set<String> models() {
        Set<String> fit = new HashSet<>(source.models());
        fit.removeIf(model -> find(model).isEmpty());
        return fit;
    }

    @Override
    public Optional<Job> find(String model) {
        Optional<Job> job = source.find(model);
        try {
            job.ifPresent(found -> benches.add(model, found));
            unfit.remove(model);
            return job;
        } catch (IllegalArgumentException e) {
            if (unfit.add(model)) {
                LOG.error("The job that was created for {} is not trained: {}", model, e.getMessage());
            }
            return Optional.empty();
        }
    }
}
