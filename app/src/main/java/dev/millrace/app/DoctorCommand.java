package dev.millrace.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

/** {@code millrace doctor}: whether everything is there that {@code run} needs, and what to do where it is not. */
@Command(
        name = "doctor",
        description = {
            "Check what run needs: this machine, the base, keys and port, data directory and store, Kafka and its topics.",
            "Reads the settings as run does. Changes nothing: what is written to a folder or a bucket to see whether it can"
                    + " be is removed at once."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:No problem was found; there may be warnings.",
            "1:Something was found that keeps Millrace from its work.",
            "2:The command line or the settings are wrong."
        },
        footer = {
            "",
            "Examples:",
            "  millrace doctor -c millrace.yaml",
            "  millrace doctor --bootstrap-servers kafka:9092 --json",
            "",
            "docs/operating.md explains what is checked."
        })
final class DoctorCommand implements Callable<Integer> {

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Mixin
    private final JsonOption json = new JsonOption();

    DoctorCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    @Override
    public Integer call() {
        Settings settings = options.load().settings();
        List<Finding> found = new ArrayList<>();
        found.addAll(new MachineCheckup(settings.trainer()).findings());
        found.addAll(new ModelCheckup(settings, around.directory()).findings());
        found.addAll(new StoreCheckup(settings, around.directory(), around.clock()).findings());
        found.addAll(new ClusterCheckup(settings, around.directory(), around.clock()).findings());
        if (json.given()) {
            json.print(around.out(), document(found));
        } else {
            print(found);
        }
        around.out().flush();
        return count(found, Finding.Level.PROBLEM) == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void print(List<Finding> found) {
        PrintWriter out = around.out();
        int width = found.stream().mapToInt(one -> one.thing().length()).max().orElse(0);
        for (Finding one : found) {
            out.printf(Locale.ROOT, "%-7s  %-" + width + "s  %s%n", word(one), one.thing(), oneLine(one.what()));
            if (!one.advice().isEmpty()) {
                out.printf(Locale.ROOT, "%" + (width + 11) + "s-> %s%n", "", one.advice());
            }
        }
        out.println();
        out.println(count(found, Finding.Level.PROBLEM) + " problems, " + count(found, Finding.Level.WARNING)
                + " warnings");
    }

    private static ObjectNode document(List<Finding> found) {
        ObjectNode document = JsonNodeFactory.instance
                .objectNode()
                .put("problems", count(found, Finding.Level.PROBLEM))
                .put("warnings", count(found, Finding.Level.WARNING));
        ArrayNode findings = document.putArray("findings");
        for (Finding one : found) {
            findings.addObject()
                    .put("thing", one.thing())
                    .put("level", word(one))
                    .put("what", one.what())
                    .put("advice", one.advice());
        }
        return document;
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static String word(Finding finding) {
        return finding.level().name().toLowerCase(Locale.ROOT);
    }

    private static long count(List<Finding> found, Finding.Level level) {
        return found.stream().filter(one -> one.level() == level).count();
    }
}
