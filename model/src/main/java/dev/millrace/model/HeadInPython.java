package dev.millrace.model;

import java.util.ArrayList;
import java.util.List;

/** How to get from {@code embedding} to {@code confidences} with a {@link Head}, as lines of Python for a README. */
final class HeadInPython {

    private HeadInPython() {}

    static List<String> of(Head head) {
        List<String> lines = new ArrayList<>();
        boolean plain = head.hiddenLayers().isEmpty();
        boolean cosine = head.last() == Head.Last.COSINE;
        if (cosine && plain) {
            return List.of(
                    "rows = torch.nn.functional.normalize(head[\"head.weight\"], dim=-1)",
                    "confidences = (%s * embedding @ rows.T).softmax(-1)".formatted(head.scale()));
        }
        lines.add("x = embedding * embedding.shape[-1] ** 0.5");
        for (int layer = 0; layer < head.hiddenLayers().size(); layer++) {
            String name = "head.hidden." + layer;
            lines.add(
                    "x = torch.nn.functional.linear(x, head[\"%s.weight\"], head[\"%s.bias\"])".formatted(name, name));
            if (head.layerNorm()) {
                lines.add(("x = torch.nn.functional.layer_norm(x, x.shape[-1:], head[\"%s.norm.weight\"],"
                                + " head[\"%s.norm.bias\"])")
                        .formatted(name, name));
            }
            lines.add("x = torch.nn.functional.%s(x)".formatted(HeadMetadata.name(head.activation())));
        }
        if (cosine) {
            lines.add("x = torch.nn.functional.normalize(x, dim=-1)");
            lines.add("rows = torch.nn.functional.normalize(head[\"head.weight\"], dim=-1)");
            lines.add("confidences = (%s * x @ rows.T).softmax(-1)".formatted(head.scale()));
        } else {
            lines.add("confidences = (x @ head[\"head.weight\"].T + head[\"head.bias\"]).softmax(-1)");
        }
        return lines;
    }
}
