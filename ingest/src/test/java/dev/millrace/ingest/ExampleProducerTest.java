package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class ExampleProducerTest {

    @Test
    void sendsValuesWithoutAKeyAndCounts() {
        MockProducer<byte[], byte[]> mock = mock(true);
        List<Long> progress = new ArrayList<>();
        try (ExampleProducer producer = new ExampleProducer(mock, "examples", Pace.unlimited())) {
            assertThat(producer.sendAll(List.of(bytes("a"), bytes("b")).iterator(), progress::add))
                    .isEqualTo(2);
        }
        assertThat(progress).containsExactly(1L, 2L, 2L);
        assertThat(mock.history())
                .extracting(record -> new String(record.value(), UTF_8))
                .containsExactly("a", "b");
        assertThat(mock.history()).allSatisfy(record -> {
            assertThat(record.topic()).isEqualTo("examples");
            assertThat(record.key()).isNull();
        });
        assertThat(mock.closed()).isTrue();
    }

    @Test
    void tellsAFailureAtTheNextCall() {
        MockProducer<byte[], byte[]> mock = mock(false);
        ExampleProducer producer = new ExampleProducer(mock, "examples", Pace.unlimited());
        producer.send(bytes("a"));
        producer.send(bytes("b"));
        mock.completeNext();
        mock.errorNext(new TopicAuthorizationException("not yours"));
        assertThatThrownBy(() -> producer.send(bytes("c")))
                .isInstanceOf(KafkaException.class)
                .hasMessageContaining("topic examples, after 1 that were")
                .hasMessageContaining("not yours");
        assertThatCode(producer::close).doesNotThrowAnyException();
    }

    @Test
    void tellsAFailureAtTheEndWhenNothingElseDid() {
        MockProducer<byte[], byte[]> mock = mock(false);
        ExampleProducer producer = new ExampleProducer(mock, "examples", Pace.unlimited());
        producer.send(bytes("a"));
        mock.errorNext(new TopicAuthorizationException("not yours"));
        assertThatThrownBy(producer::close).hasMessageContaining("not yours");
    }

    private static MockProducer<byte[], byte[]> mock(boolean autoComplete) {
        return new MockProducer<>(autoComplete, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
