package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.Tensor.ElementType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @Test
    void writesTheBytesOfTheReferenceImplementation() throws IOException {
        // The example of the reference implementation's own test: "attn.0", float32, [1, 2, 3], all zero.
        Tensor tensor = new Tensor("attn.0", ElementType.F32, List.of(1L, 2L, 3L), ByteBuffer.allocate(24));

        String json = "{\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_offsets\":[0,24]}}";
        assertThat(HexFormat.of().formatHex(written(List.of(tensor), Map.of())))
                .isEqualTo("4000000000000000"
                        + HexFormat.of().formatHex(json.getBytes(StandardCharsets.UTF_8))
                        + "00".repeat(24));
    }

    @Test
    void padsTheHeaderAndSortsTheMetadata() throws IOException {
        Tensor tensor = new Tensor("é\"", ElementType.I64, List.of(), longs(-2));

        byte[] bytes = written(List.of(tensor), Map.of("z", "1", "format", "pt"));

        String json = "{\"__metadata__\":{\"format\":\"pt\",\"z\":\"1\"},"
                + "\"é\\\"\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}} ";
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        assertThat(header.length % 8).isZero();
        assertThat(bytes)
                .startsWith(header.length, 0, 0, 0, 0, 0, 0, 0)
                .endsWith(0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
        assertThat(Arrays.copyOfRange(bytes, 8, bytes.length - 8)).isEqualTo(header);
    }

    @Test
    void findsATensorByNameAndSaysWhichThereAre() throws IOException {
        SafetensorsFile file = Safetensors.read(file(written(sample(), Map.of())));

        assertThat(file.tensor("bias").data().getInt(4)).isEqualTo(7);
        assertThatThrownBy(() -> file.tensor("wieght"))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessage("there is no tensor \"wieght\" among the 2 of this file: weight, bias");
    }

    @Test
    void readsAFileWithoutTensors() throws IOException {
        SafetensorsFile empty = Safetensors.read(file(written(List.of(), Map.of("format", "pt"))));

        assertThat(empty.tensors()).isEmpty();
        assertThat(empty.metadata()).containsExactly(Map.entry("format", "pt"));
    }

    @Test
    void readsTensorsWhoseHeaderIsInAnotherOrderThanTheirBytes() throws IOException {
        SafetensorsFile file = Safetensors.read(file(
                "{\"b\":{\"data_offsets\":[4,8],\"dtype\":\"I32\",\"shape\":[1]},"
                        + "\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"none\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[4,4]}}",
                new byte[] {1, 0, 0, 0, 2, 0, 0, 0}));

        assertThat(file.tensors()).extracting(Tensor::name).containsExactly("a", "none", "b");
        assertThat(file.tensor("a").data().getInt()).isEqualTo(1);
        assertThat(file.tensor("b").data().getInt()).isEqualTo(2);
    }

    @Test
    void refusesToWriteWhatCannotBeRead() {
        Tensor one = new Tensor("one", ElementType.F32, List.of(0L), ByteBuffer.allocate(0));
        Tensor reserved = new Tensor("__metadata__", ElementType.F32, List.of(0L), ByteBuffer.allocate(0));
        Tensor half = new Tensor("\ud83d", ElementType.F32, List.of(0L), ByteBuffer.allocate(0));

        assertThatThrownBy(() -> written(List.of(one, one), Map.of())).hasMessage("two tensors are called \"one\"");
        assertThatThrownBy(() -> written(List.of(reserved), Map.of()))
                .hasMessage("a tensor must not be called __metadata__");
        assertThatThrownBy(() -> written(List.of(half), Map.of())).hasMessageContaining("half a surrogate pair");
        assertThatThrownBy(() -> written(List.of(), Map.of("long", "x".repeat(100_000_000))))
                .hasMessageContaining("at most 100000000 bytes");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            []                                                                            | must start with {
            {                                                                             | not valid JSON
            {} x                                                                          | not valid JSON
            {} {}                                                                         | nothing but spaces
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}                       | not valid JSON
            {'a':1}                                                                       | not valid JSON
            {"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}                       | not valid JSON
            {"a\\u0000":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                 | tensor "a?": a name must not hold control characters
            {"../a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                     | tensor "../a": a name must not
            {"a/../../b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                | or read as a path
            {"/etc/a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                   | or read as a path
            {"a\\\\b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                   | or read as a path
            {"C:a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                      | or read as a path
            {"a":1}                                                                       | tensor "a" must be an object, but is an integer
            {"a":null}                                                                    | tensor "a" must be an object, but is null
            {"a":[[[[[[]]]]]]}                                                            | tensor "a" must be an object, but is an array
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}      | Duplicate field 'a'
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}} | Duplicate field 'a'
            {"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}          | Duplicate field 'dtype'
            {"__metadata__":{"k":"1","k":"1"}}                                            | Duplicate field 'k'
            {"__metadata__":{"k":1}}                                                      | __metadata__ "k" must be a string, but is an integer
            {"__metadata__":null}                                                         | __metadata__ must be an object, but is null
            {"__metadata__":{"k":"\\ud83d"}}                                              | half a surrogate pair
            {"a":{"shape":[1],"data_offsets":[0,4]}}                                      | tensor "a": dtype is missing
            {"a":{"dtype":"F32","data_offsets":[0,4]}}                                    | tensor "a": shape is missing
            {"a":{"dtype":"F32","shape":[1]}}                                             | tensor "a": data_offsets is missing
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}                  | tensor "a": unknown key "x"
            {"a":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}}                    | tensor "a": dtype must be one of [F64, F32, F16, BF16, I64, I32], but is "F8_E5M2"
            {"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}                        | dtype must be one of
            {"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}                            | tensor "a": dtype must be a string, but is an integer
            {"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}                          | tensor "a": shape must be an array, but is an integer
            {"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}                      | tensor "a": shape must be an integer, but is a fraction
            {"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}                      | tensor "a": shape must be an integer, but is a string
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}                       | tensor "a": shape holds a negative number: -1
            {"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}                    | negative
            {"a":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}     | tensor "a": shape holds a number beyond 64 bits
            {"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}      | tensor "a": shape [4611686018427387905] is too large
            {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}    | is too large
            {"a":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}    | is too large
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}                          | tensor "a": data_offsets must be two numbers
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}                      | tensor "a": data_offsets holds more than 2 numbers
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}                       | tensor "a": data_offsets holds a negative number
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}                        | tensor "a": its bytes end at 0, before they start at 4
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}                        | tensor "a": shape [2] of F32 needs 8 bytes, but data_offsets [0, 4] hold 4
            {"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]}}                         | needs 4 bytes
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                        | tensor "a": its bytes end at 8, but the file's data at 4
            {"a":{"dtype":"F32","shape":[500000000000],"data_offsets":[0,2000000000000]}} | tensor "a": a tensor must have less than 2 GiB
            {"a":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}}                       | tensor "a": its bytes must start where those before end, at 0, but leave a hole and start at 2
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  | tensor "b": its bytes must start where those before end, at 4, but overlap them and start at 0
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}} | overlap
            {"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}                       | the tensors end at 2 bytes, but the file's data at 4
            {}                                                                            | the tensors end at 0 bytes, but the file's data at 4
            """)
    void refusesAHeaderThatBreaksARule(String header, String rule) throws IOException {
        assertRefused(file(header, new byte[4]), rule);
    }

    @Test
    void refusesAHeaderThatStartsWithASpace() throws IOException {
        assertRefused(file(" {}", new byte[0]), "the header must start with {");
    }

    @Test
    void refusesTooManyDimensions() throws IOException {
        String shape = IntStream.range(0, 65).mapToObj(i -> "1").collect(Collectors.joining(","));
        assertRefused(
                file("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[0,4]}}", new byte[4]),
                "tensor \"a\": shape holds more than 64 numbers");
    }

    @Test
    void refusesANameThatIsTooLongForAMessage() throws IOException {
        assertRefused(file("{\"" + "a".repeat(60_000) + "\":1}", new byte[4]), "not valid JSON");
        assertRefused(file("{\"" + "b".repeat(10_000) + "\":1}", new byte[4]), "b…\" must be an object");
    }

    @Test
    void refusesAHeaderThatIsNoUtf8() throws IOException {
        byte[] bytes = written(sample(), Map.of("k", "????"));
        int mark = new String(bytes, StandardCharsets.ISO_8859_1).indexOf('?');
        bytes[mark] = (byte) 0xC0;
        bytes[mark + 1] = (byte) 0x80;
        assertRefused(file(bytes), "the header must be UTF-8");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void refusesAFileWithoutALength(int size) throws IOException {
        assertRefused(file(new byte[size]), "must start with 8 bytes of length, but has " + size);
    }

    @ParameterizedTest
    @CsvSource({
        "0, must start with {",
        "3, the header claims 3 bytes, but only 2 follow",
        "100000000, the header claims 100000000 bytes, but only 2 follow",
        "100000001, 'at most 100000000 bytes, but claims 100000001'",
        "-1, 'at most 100000000 bytes, but claims 18446744073709551615'",
        "-9223372036854775808, 'at most 100000000 bytes, but claims 9223372036854775808'"
    })
    void refusesALengthThatTheFileDoesNotHave(long length, String rule) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        bytes.put((byte) '{').put((byte) '}');
        assertRefused(file(bytes.array()), rule);
    }

    @Test
    void saysThatAFileIsMissing() {
        assertThatThrownBy(() -> Safetensors.read(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void readsAFileOverTwoGibibytesAndRefusesSuchATensor() throws IOException {
        long half = 1_200_000_000;
        Path file = sparse(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[300000000],\"data_offsets\":[0," + half + "]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[300000000],\"data_offsets\":[" + half + "," + 2 * half
                        + "]}}",
                2 * half);
        assertThat(Safetensors.read(file).tensor("b").data().getInt((int) half - 4))
                .isEqualTo(42);

        Path large = sparse(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[600000000],\"data_offsets\":[0," + 2 * half + "]}}", 2 * half);
        assertRefused(large, "tensor \"a\": a tensor must have less than 2 GiB");
    }

    @Test
    void neverFailsOtherwiseOnDamagedFiles() throws IOException {
        Random random = new Random(20261124);
        byte[] sound = written(sample(), Map.of("format", "pt"));
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] damaged =
                    random.nextInt(4) == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
            for (int changes = random.nextInt(4); changes >= 0 && damaged.length > 0; changes--) {
                damaged[random.nextInt(damaged.length)] =
                        random.nextBoolean() ? (byte) random.nextInt() : sound[random.nextInt(sound.length)];
            }
            Path file = file(damaged);
            try {
                Safetensors.read(file);
            } catch (SafetensorsException e) {
                refused++;
                assertThat(e).hasMessageStartingWith(file + ": ");
            }
        }
        assertThat(refused).isBetween(2_500, 4_999);
    }

    private void assertRefused(Path file, String rule) {
        assertThatThrownBy(() -> Safetensors.read(file))
                .isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(rule)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
    }

    private static List<Tensor> sample() {
        return List.of(
                new Tensor("weight", ElementType.F32, List.of(2L, 3L), ByteBuffer.allocate(24)),
                new Tensor(
                        "bias",
                        ElementType.I32,
                        List.of(2L),
                        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(4, 7)));
    }

    private static ByteBuffer longs(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    }

    private static byte[] written(List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Safetensors.write(out, tensors, metadata);
        return out.toByteArray();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), bytes);
    }

    private Path file(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return file(ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array());
    }

    private Path sparse(String header, long dataLength) throws IOException {
        Path file = file(header, new byte[0]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long end = channel.size() + dataLength;
            channel.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 42), end - 4);
        }
        return file;
    }
}
