package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessorTest {

    @Test
    void isItsVendorAndItsBestInstructionSet() {
        assertThat(described("AuthenticAMD", "fpu sse4_2 avx avx2 avx512f avx512_bf16"))
                .isEqualTo("AuthenticAMD avx512_bf16");
        assertThat(described("GenuineIntel", "avx512f amx_bf16 avx512_bf16 avx2"))
                .isEqualTo("GenuineIntel amx_bf16");
        assertThat(described("GenuineIntel", "avx2 avx sse4_2")).isEqualTo("GenuineIntel avx2");
        assertThat(described("GenuineIntel", "fpu")).isEqualTo("GenuineIntel");
    }

    private static String described(String vendor, String flags) {
        return Processor.parse(
                        "processor\t: 0\nvendor_id\t: " + vendor + "\nflags\t\t: " + flags
                                + "\nvmx flags\t: amx_bf16\n\nprocessor\t: 1\nflags\t\t: other\n",
                        "amd64")
                .description();
    }

    @Test
    void isItsArchitectureWhereItDoesNotNameItself() {
        String arm = "processor\t: 0\nFeatures\t: fp asimd crc32\nCPU implementer\t: 0x41\n";
        assertThat(Processor.parse(arm, "aarch64").description()).isEqualTo("aarch64 asimd");
        assertThat(Processor.parse("", "riscv64").description()).isEqualTo("riscv64");
        assertThat(Processor.parse("", "riscv64").hasBfloat16()).isFalse();
    }

    @Test
    void hasBfloat16OnlyWhereAnInstructionSetHasIt() {
        assertThat(Processor.parse("flags : avx2 avx512_bf16", "amd64").hasBfloat16())
                .isTrue();
        assertThat(Processor.parse("flags : amx_bf16", "amd64").hasBfloat16()).isTrue();
        assertThat(Processor.parse("flags : avx512f avx2", "amd64").hasBfloat16())
                .isFalse();
    }

    @Test
    void isPartOfWhatAVersionWasComputedWith() {
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 1)) {
            Map<String, String> runtime = network.runtime();
            assertThat(runtime)
                    .containsEntry("processor", Processor.ofThisMachine().description());
            assertThat(runtime.get("processor")).isNotBlank();
        }
    }
}
