package dev.millrace.trainer;

import java.util.Optional;
import java.util.Set;

/**
 * Jobs that are created while trainers run, beside those of the settings. Asked on the training thread,
 * but {@link #models} by any. A job whose creation was committed before a
 * record of its model came into the ledger must be found once that record is read.
 */
public interface CreatedJobs {

    /** None. */
    CreatedJobs NONE = new CreatedJobs() {
        @Override
        public boolean canCome() {
            return false;
        }

        @Override
        public Set<String> models() {
            return Set.of();
        }

        @Override
        public Optional<Job> find(String model) {
            return Optional.empty();
        }
    };

    /** {@return whether there can ever be one} */
    default boolean canCome() {
        return true;
    }

    /**
     * What there is now.
     *
     * @return names of models
     * @throws org.apache.kafka.common.KafkaException when it cannot be found out
     */
    Set<String> models();

    /**
     * The job of a model.
     *
     * @param model its name
     * @return how it is trained; empty when there is no such job
     * @throws org.apache.kafka.common.KafkaException when it cannot be found out
     */
    Optional<Job> find(String model);
}
