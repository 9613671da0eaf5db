package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Tensor.ElementType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SafetensorsRoundTripTest {

    @Property(tries = 300, seed = "20261124")
    void whatIsWrittenIsRead(@ForAll("tensors") List<Tensor> tensors, @ForAll("metadata") Map<String, String> metadata)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Safetensors.write(out, tensors, metadata);
        Path file = Files.createTempFile("round-trip", ".safetensors");
        try {
            Files.write(file, out.toByteArray());

            assertThat(Safetensors.read(file)).isEqualTo(new SafetensorsFile(metadata, tensors));
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<List<Tensor>> tensors() {
        Arbitrary<List<Long>> shapes = Arbitraries.longs().between(0, 7).list().ofMaxSize(4);
        return Combinators.combine(names(), Arbitraries.of(ElementType.class), shapes, Arbitraries.longs())
                .as(SafetensorsRoundTripTest::tensor)
                .list()
                .ofMaxSize(8)
                .uniqueElements(Tensor::name);
    }

    @Provide
    Arbitrary<Map<String, String>> metadata() {
        return Arbitraries.maps(names(), names()).ofMaxSize(4);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .all()
                .ofMaxLength(20)
                .filter(name ->
                        name.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    }

    private static Tensor tensor(String name, ElementType type, List<Long> shape, long seed) {
        long bytes = shape.stream().reduce((long) type.bytes(), (a, b) -> a * b);
        byte[] data = new byte[(int) bytes];
        new Random(seed).nextBytes(data);
        return new Tensor(name, type, shape, ByteBuffer.wrap(data));
    }
}
