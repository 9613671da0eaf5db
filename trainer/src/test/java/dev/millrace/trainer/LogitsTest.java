package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogitsTest {

    private static final Logits THREE = Logits.of(new float[] {1, 2, 3});

    @Test
    void loseTheColumnOfALabelThatGoes() {
        assertThat(THREE.without(0)).isEqualTo(Logits.of(new float[] {2, 3}));
        assertThat(THREE.without(1)).isEqualTo(Logits.of(new float[] {1, 3}));
        assertThat(THREE.without(2)).isEqualTo(Logits.of(new float[] {1, 2}));
        assertThat(THREE.without(3)).isEqualTo(THREE);
    }

    @Test
    void keepThePlaceOfALabelThatIsForgotten() {
        assertThat(THREE.forgetting(1)).isEqualTo(Logits.of(new float[] {1, Float.NaN, 3}));
        assertThat(THREE.forgetting(3)).isEqualTo(THREE);
        assertThat(THREE).isEqualTo(Logits.of(new float[] {1, 2, 3}));
    }

    @Test
    void areScaled() {
        assertThat(THREE.forgetting(1).times(0.5)).isEqualTo(Logits.of(new float[] {0.5f, Float.NaN, 1.5f}));
        assertThat(THREE).isEqualTo(Logits.of(new float[] {1, 2, 3}));
    }
}
