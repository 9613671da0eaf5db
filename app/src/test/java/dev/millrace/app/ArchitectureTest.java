package dev.millrace.app;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Date;

/** The arrows between the rooms, and who may see which library. */
@AnalyzeClasses(packages = "dev.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOM = "dev.millrace.";

    @ArchTest
    static final ArchRule ROOMS_SEE_ONLY_WHAT_THEY_MAY = Architectures.layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("dev.millrace..")
            .layer("broker")
            .definedBy(ROOM + "broker..")
            .layer("ingest")
            .definedBy(ROOM + "ingest..")
            .layer("model")
            .definedBy(ROOM + "model..")
            .layer("registry")
            .definedBy(ROOM + "registry..")
            .layer("trainer")
            .definedBy(ROOM + "trainer..")
            .layer("monitoring")
            .definedBy(ROOM + "monitoring..")
            .layer("app")
            .definedBy(ROOM + "app..")
            .whereLayer("app")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("monitoring")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("broker")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("trainer")
            .mayOnlyBeAccessedByLayers("monitoring", "app")
            .whereLayer("registry")
            .mayOnlyBeAccessedByLayers("trainer", "monitoring", "app")
            .whereLayer("ingest")
            .mayOnlyBeAccessedByLayers("trainer", "monitoring", "app")
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers("trainer", "monitoring", "app")
            .withOptionalLayers(true);

    @ArchTest
    static final ArchRule ROOMS_FORM_NO_CYCLE =
            slices().matching("dev.millrace.(*)..").should().beFreeOfCycles();

    // Kafka's clients count their own lag and requests; only the door that hands them to Micrometer knows their types.
    @ArchTest
    static final ArchRule MODEL_SEES_NO_KAFKA_AND_MONITORING_AT_ITS_DOOR_ALONE = noClasses()
            .that(resideOutside("broker", "ingest", "registry", "trainer", "app"))
            .and()
            .doNotHaveFullyQualifiedName("dev.millrace.monitoring.Metrics")
            .should()
            .dependOnClassesThat(resideInAPackage("org.apache.kafka.."));

    @ArchTest
    static final ArchRule ONLY_MODEL_AND_TRAINER_SEE_DJL = onlyIn("ai.djl..", "model", "trainer");

    @ArchTest
    static final ArchRule ONLY_THE_STORE_IN_S3_SEES_ITS_CLIENT = noClasses()
            .that()
            .haveNameNotMatching("dev\\.millrace\\.registry\\.S3.*")
            .should()
            .dependOnClassesThat(resideInAPackage("software.amazon.."));

    @ArchTest
    static final ArchRule ONLY_INGEST_SEES_KAFKA_STREAMS = noClasses()
            .that(resideOutside("ingest"))
            .and()
            .doNotHaveFullyQualifiedName("dev.millrace.monitoring.Metrics")
            .should()
            .dependOnClassesThat(resideInAPackage("org.apache.kafka.streams.."));

    @ArchTest
    static final ArchRule ONLY_THE_BROKER_SEES_KAFKAS_SERVER = noClasses()
            .that(resideOutside("broker"))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "kafka..",
                    "scala..",
                    "org.apache.kafka.metadata..",
                    "org.apache.kafka.server..",
                    "org.apache.kafka.raft.."));

    @ArchTest
    static final ArchRule ONLY_MONITORING_SEES_MICROMETER = noClasses()
            .that(resideOutside("monitoring"))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.micrometer..", "io.prometheus.."));

    @ArchTest
    static final ArchRule ONLY_APP_AND_REGISTRY_SEE_HTTP = noClasses()
            .that(resideOutside("app", "registry"))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.javalin..", "org.eclipse.jetty.."));

    @ArchTest
    static final ArchRule ONLY_APP_SEES_THE_COMMAND_LINE = noClasses()
            .that(resideOutside("app"))
            .should()
            .dependOnClassesThat(resideInAnyPackage("picocli..", "me.tongfei..", "ch.qos.logback.."));

    @ArchTest
    static final ArchRule ONLY_MAIN_ENDS_THE_PROCESS = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(Main.class.getName())
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);

    // A room's door may offer the system's clock as the default of one that can be given.
    @ArchTest
    static final ArchRule NOBODY_READS_A_CLOCK_THAT_WAS_NOT_GIVEN = noClasses()
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(OffsetDateTime.class, "now")
            .orShould()
            .callMethod(ZonedDateTime.class, "now")
            .orShould()
            .callConstructor(Date.class);

    @ArchTest
    static final ArchRule ONLY_THE_SURROUNDINGS_WRITE_TO_THE_CONSOLE = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(Surroundings.class.getName())
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .accessField(System.class, "in");

    private static ArchRule onlyIn(String library, String... rooms) {
        return noClasses().that(resideOutside(rooms)).should().dependOnClassesThat(resideInAPackage(library));
    }

    private static DescribedPredicate<JavaClass> resideOutside(String... rooms) {
        String[] packages = new String[rooms.length];
        for (int i = 0; i < rooms.length; i++) {
            packages[i] = ROOM + rooms[i] + "..";
        }
        return resideOutsideOfPackages(packages).as("are outside of " + String.join(", ", rooms));
    }
}
