package dev.millrace.trainer;

import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Chooses which example leaves a full {@link Rehearsal} for a new one. Stateless, and chooses by the numbers it is given. */
sealed interface Selection {

    /** The answer where the new example is not kept. */
    int NONE = -1;

    /**
     * Chooses.
     *
     * @param item the new example, which the memory has counted already
     * @param memory without a free place
     * @param random what to choose by
     * @return the place of the one that leaves, or {@link #NONE}
     */
    int place(Remembered item, Rehearsal memory, RandomGenerator random);

    /** By the word for it in the settings. */
    static Selection of(String word) {
        return switch (word) {
            case "uniform" -> new Uniform();
            case "balanced" -> new Balanced();
            case "loss" -> new LossAware();
            default -> throw new IllegalArgumentException("there is no selection " + word);
        };
    }

    /** A uniform sample of all that was offered (Vitter 1985, algorithm R). */
    record Uniform() implements Selection {

        @Override
        public int place(Remembered item, Rehearsal memory, RandomGenerator random) {
            long place = random.nextLong(memory.offered());
            return place < memory.size() ? (int) place : NONE;
        }
    }

    /**
     * As many examples of each label as there can be, and of each a uniform sample: the label with the most gives up a
     * place (Chrysakis and Moens 2020).
     */
    record Balanced() implements Selection {

        @Override
        public int place(Remembered item, Rehearsal memory, RandomGenerator random) {
            if (memory.size() == 0) {
                return NONE;
            }
            int most = memory.markFull();
            String label = item.label();
            if (!memory.isFull(label)) {
                return anyOf(memory, random, other -> memory.count(other) == most);
            }
            double share = (double) memory.count(label) / memory.seen(label);
            return random.nextDouble() < share ? anyOf(memory, random, label::equals) : NONE;
        }

        /** Tries until one fits: a label that had the most places has a fair share of them. */
        private static int anyOf(Rehearsal memory, RandomGenerator random, Predicate<String> fits) {
            int place = random.nextInt(memory.size());
            while (!fits.test(memory.at(place).label())) {
                place = random.nextInt(memory.size());
            }
            return place;
        }
    }

    /**
     * Examples that were hard when they were learned last stay longer: as many are taken in as by {@link Uniform}, and of
     * {@value #CANDIDATES} drawn places the one with the least loss is given up (after Buzzega et al. 2021). Wrong labels
     * are hard too, so it suits clean streams.
     */
    record LossAware() implements Selection {

        private static final int CANDIDATES = 4;

        @Override
        public int place(Remembered item, Rehearsal memory, RandomGenerator random) {
            if (random.nextLong(memory.offered()) >= memory.size()) {
                return NONE;
            }
            int easiest = random.nextInt(memory.size());
            for (int i = 1; i < CANDIDATES; i++) {
                int place = random.nextInt(memory.size());
                if (memory.at(place).lastLoss() < memory.at(easiest).lastLoss()) {
                    easiest = place;
                }
            }
            return easiest;
        }
    }
}
