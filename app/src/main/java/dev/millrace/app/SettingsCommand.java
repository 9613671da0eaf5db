package dev.millrace.app;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace settings}: what can be set, and what is. */
@Command(
        name = "settings",
        description = "List all settings, or show those in force.",
        footer = {
            "",
            "Examples:",
            "  millrace settings",
            "  millrace settings --effective -c millrace.yaml",
            "  MILLRACE_TRAINER_BATCH_SIZE=16 millrace settings --effective"
        })
final class SettingsCommand implements Runnable {

    private final PrintWriter out;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--effective",
            description = "Show each setting's value and where it came from, after checking all of them.")
    private boolean effective;

    @Option(names = "--markdown", hidden = true, description = "Print the reference page.")
    private boolean markdown;

    SettingsCommand(Surroundings around) {
        this.out = around.out();
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (effective) {
            options.load()
                    .entries()
                    .forEach(entry -> out.println(entry.key() + " = " + entry.value() + "  # " + entry.origin()));
        } else {
            out.print(markdown ? SettingsReference.markdown() : SettingsReference.plain());
        }
        out.flush();
    }
}
