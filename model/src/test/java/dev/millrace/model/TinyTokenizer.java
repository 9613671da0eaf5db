package dev.millrace.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A WordPiece tokenizer of 100 entries: marks, letters, and a few words of a help desk. */
final class TinyTokenizer {

    private TinyTokenizer() {}

    static String json() {
        List<String> entries = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
        for (char letter = 'a'; letter <= 'z'; letter++) {
            entries.add(String.valueOf(letter));
            entries.add("##" + letter);
        }
        entries.addAll(
                List.of("my", "card", "has", "not", "arrived", "the", "printer", "is", "broken", "please", "help"));
        while (entries.size() < 100) {
            entries.add("[unused" + entries.size() + "]");
        }
        String vocabulary = IntStream.range(0, entries.size())
                .mapToObj(i -> "\"" + entries.get(i) + "\":" + i)
                .collect(Collectors.joining(","));
        return """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
                "strip_accents":null,"lowercase":true},
                "pre_tokenizer":{"type":"BertPreTokenizer"},
                "post_processor":{"type":"TemplateProcessing",
                "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
                {"SpecialToken":{"id":"[SEP]","type_id":0}}],
                "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
                "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},
                "[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
                "decoder":null,
                "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
                "max_input_chars_per_word":100,"vocab":{%s}}}
                """.formatted(vocabulary);
    }
}
