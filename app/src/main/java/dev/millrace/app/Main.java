package dev.millrace.app;

/** The {@code millrace} command. */
public final class Main {

    private Main() {}

    /**
     * Runs a command and ends the process: 0 when it did what it was asked for, 2 when what it was asked for or was
     * given is wrong, 1 when something failed that should not.
     *
     * @param arguments the command and its options
     */
    public static void main(String[] arguments) {
        // Unless told so, DJL reports each start on a cloud machine to its makers; nothing here calls home.
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.exit(CommandTree.run(Surroundings.ofProcess(), arguments));
    }
}
