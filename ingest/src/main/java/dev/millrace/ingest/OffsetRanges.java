package dev.millrace.ingest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A set of offsets of one partition, kept as ranges that neither touch nor overlap. Immutable.
 *
 * @param ranges in ascending order
 */
public record OffsetRanges(List<Range> ranges) {

    /** No offset. */
    public static final OffsetRanges NONE = new OffsetRanges(List.of());

    /**
     * Neighbouring offsets.
     *
     * @param first the lowest, from 0
     * @param last the highest, which belongs to the range
     */
    public record Range(long first, long last) {

        public Range {
            if (first < 0 || last < first) {
                throw new IllegalArgumentException(
                        "a range of offsets must be 0 <= first <= last, but is " + first + ".." + last);
            }
        }
    }

    public OffsetRanges {
        ranges = merged(ranges);
    }

    private static List<Range> merged(Collection<Range> given) {
        List<Range> merged = new ArrayList<>();
        for (Range next :
                given.stream().sorted((a, b) -> Long.compare(a.first, b.first)).toList()) {
            Range last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last == null || next.first - 1 > last.last) {
                merged.add(next);
            } else {
                merged.set(merged.size() - 1, new Range(last.first, Math.max(last.last, next.last)));
            }
        }
        return List.copyOf(merged);
    }

    /**
     * The set of single offsets.
     *
     * @param offsets in any order
     * @return them as ranges
     */
    public static OffsetRanges of(Collection<Long> offsets) {
        return new OffsetRanges(
                offsets.stream().map(offset -> new Range(offset, offset)).toList());
    }

    /**
     * The set that a text names.
     *
     * @param text what {@link #toString} gives: offsets such as {@code 7} and ranges such as {@code 3..5}, the last one
     *     included, with commas between them; empty for none
     * @return the set
     * @throws IllegalArgumentException if the text is not of that form
     */
    public static OffsetRanges parse(String text) {
        List<Range> ranges = new ArrayList<>();
        for (String part : text.isBlank() ? new String[0] : text.split(",")) {
            String[] ends = part.strip().split("\\.\\.", 2);
            try {
                ranges.add(new Range(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1])));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "offsets must be like 7 or 3..5, with commas between them, but one is '" + part + "'", e);
            }
        }
        return new OffsetRanges(ranges);
    }

    /**
     * The set of offsets that are in this set or in another.
     *
     * @param other that one
     * @return both together
     */
    public OffsetRanges and(OffsetRanges other) {
        List<Range> all = new ArrayList<>(ranges);
        all.addAll(other.ranges);
        return new OffsetRanges(all);
    }

    /**
     * The part of this set that lies in a stretch.
     *
     * @param from the first offset of the stretch
     * @param to the offset after its last
     * @return that part
     */
    public OffsetRanges within(long from, long to) {
        return new OffsetRanges(ranges.stream()
                .filter(range -> range.last >= from && range.first < to)
                .map(range -> new Range(Math.max(range.first, from), Math.min(range.last, to - 1)))
                .toList());
    }

    /**
     * Whether an offset is in this set.
     *
     * @param offset which
     * @return true when it is; found in logarithmic time
     */
    public boolean contains(long offset) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Range range = ranges.get(middle);
            if (offset < range.first) {
                high = middle - 1;
            } else if (offset > range.last) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether all offsets of another set are in this one.
     *
     * @param other that one
     * @return true when none is missing
     */
    public boolean containsAll(OffsetRanges other) {
        NavigableMap<Long, Long> own = new TreeMap<>();
        ranges.forEach(range -> own.put(range.first, range.last));
        return other.ranges.stream().allMatch(range -> {
            Map.Entry<Long, Long> around = own.floorEntry(range.first);
            return around != null && around.getValue() >= range.last;
        });
    }

    /** {@return whether there is no offset in it} */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /**
     * The lowest offset.
     *
     * @return it
     * @throws IllegalStateException when the set is empty
     */
    public long first() {
        return end(0).first;
    }

    /**
     * The highest offset.
     *
     * @return it
     * @throws IllegalStateException when the set is empty
     */
    public long last() {
        return end(ranges.size() - 1).last;
    }

    /** {@return the set as {@link #parse} takes it} */
    @Override
    public String toString() {
        return ranges.stream()
                .map(range -> range.first == range.last ? "" + range.first : range.first + ".." + range.last)
                .collect(Collectors.joining(","));
    }

    private Range end(int index) {
        if (ranges.isEmpty()) {
            throw new IllegalStateException("a set without offsets has no first and no last one");
        }
        return ranges.get(index);
    }
}
