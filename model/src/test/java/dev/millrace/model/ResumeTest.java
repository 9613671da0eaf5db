package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training is a function of its start and its batches: the same bits each time, interrupted or not. */
class ResumeTest {

    @ParameterizedTest
    @EnumSource(Precision.class)
    void tenStepsGiveTheSameBitsTwice(Precision precision) {
        assertThat(straight(precision)).isEqualTo(straight(precision));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void fiveStepsAndASnapshotAndFiveStepsEqualTen(Precision precision) {
        List<Tensor> half;
        try (Network network = network(precision);
                Training training = Training.fresh(network)) {
            half = training.steps(5).snapshot();
        }
        try (Network network = network(precision);
                Training training = Training.restored(network, half)) {
            assertThat(training.snapshot()).isEqualTo(half);

            assertThat(training.steps(5).snapshot()).isEqualTo(straight(precision));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aSnapshotIsACopy(Precision precision) {
        try (Network network = network(precision);
                Training training = Training.fresh(network)) {
            List<Tensor> before = training.snapshot();
            var values = TinyBert.values(before);

            training.steps(1);

            TinyBert.values(before)
                    .forEach((name, floats) ->
                            assertThat(floats).describedAs(name).containsExactly(TinyBert.get(values, name)));
            assertThat(training.snapshot()).isNotEqualTo(before);
        }
    }

    private static List<Tensor> straight(Precision precision) {
        try (Network network = network(precision);
                Training training = Training.fresh(network)) {
            return training.steps(10).snapshot();
        }
    }

    private static Network network(Precision precision) {
        return Network.load(TinyBert.model(), new Compute(Place.CPU, precision), 1);
    }
}
