package dev.millrace.app.console;

/**
 * How to send an example, for a page that has nothing else to show yet.
 *
 * @param servers of Kafka, as this process reaches them
 * @param topic for examples
 * @param model that is trained
 */
public record FirstExample(String servers, String topic, String model) {

    private static final String TEXT = "my card has not arrived";
    private static final String LABEL = "card_arrival";

    /** {@return the value of a record} */
    String json() {
        return "{\"model\": \"" + model + "\", \"text\": \"" + TEXT + "\", \"label\": \"" + LABEL + "\"}";
    }

    /** {@return a line for a shell} */
    String kcat() {
        return "echo '" + json() + "' | kcat -P -b " + servers + " -t " + topic;
    }

    /** {@return a program for Python and confluent-kafka} */
    String python() {
        return """
                import json
                from confluent_kafka import Producer

                producer = Producer({"bootstrap.servers": "%s"})
                example = {"model": "%s", "text": "%s", "label": "%s"}
                producer.produce("%s", json.dumps(example).encode())
                producer.flush()""".formatted(servers, model, TEXT, LABEL, topic);
    }

    /** {@return a piece of a program in Java, with kafka-clients} */
    String java() {
        return """
                try (var producer = new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", "%s"), new StringSerializer(), new StringSerializer())) {
                    producer.send(new ProducerRecord<>("%s", \"""
                            %s\""")).get();
                }""".formatted(servers, topic, json());
    }
}
