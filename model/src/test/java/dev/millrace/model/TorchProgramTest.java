package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TorchProgramTest {
    private static final Compute CPU = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32);

    private static final String SOURCE = """
            class Net(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool

              def loss(self, p: List[Tensor], x: Tensor, y: Tensor) -> Tensor:
                hidden = torch.gelu(torch.linear(x, p[0], p[1]))
                normal = torch.layer_norm(hidden, [hidden.size(-1)], None, None, 1e-05, False)
                norm = torch.linalg_vector_norm(p[2], 2, [1], True)
                rows = torch.div(p[2], torch.clamp_min(norm, 1e-12))
                return torch.cross_entropy_loss(torch.linear(normal, rows, p[3]), y)

              def grad(self, c: Tensor, p: List[Tensor], x: Tensor, y: Tensor) -> List[Tensor]:
                leaves = [torch.requires_grad_(torch.detach(t), True) for t in p]
                g = torch.grad([self.loss(leaves, x, y)], leaves)
                return [unchecked_cast(Tensor, t) for t in g]

              def double(self, c: Tensor, x: Tensor) -> Tensor:
                return x * 2.0

              def descend(self, c: Tensor, p: List[Tensor]) -> Tensor:
                leaf = torch.requires_grad_(torch.detach(p[0]), True)
                g = torch.grad([torch.sum(leaf * leaf)], [leaf])
                torch._foreach_add_(p, [unchecked_cast(Tensor, g[0])], alpha=-0.25)
                return torch.detach(leaf)
            """;

    private NDManager manager;
    private TorchProgram program;

    @BeforeEach
    void compile() {
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        program = TorchProgram.compile(manager, SOURCE, CPU);
    }

    @AfterEach
    void close() {
        program.close();
        manager.close();
    }

    @Test
    void gradientsEqualEagerAutogradFromTheFirstCallToTheFourth() {
        manager.getEngine().setRandomSeed(5);
        NDArray x = manager.randomNormal(new Shape(6, 8));
        NDArray y = manager.create(new long[] {0, 1, 2, 3, 0, 1});
        NDList parameters = new NDList(
                manager.randomNormal(new Shape(16, 8)),
                manager.randomNormal(new Shape(16)),
                manager.randomNormal(new Shape(4, 16)),
                manager.randomNormal(new Shape(4)));
        List<float[]> eager = eager(parameters, x, y);

        for (int call = 1; call <= 4; call++) {
            NDList gradients = program.call("grad", arguments(parameters, x, y));
            for (int i = 0; i < eager.size(); i++) {
                assertThat(gradients.get(i).toFloatArray())
                        .describedAs("parameter " + i + " at call " + call)
                        .containsExactly(eager.get(i), within(1e-5f));
            }
        }
    }

    private static List<float[]> eager(NDList parameters, NDArray x, NDArray y) {
        NDList leaves = new NDList();
        for (NDArray parameter : parameters) {
            NDArray leaf = parameter.duplicate();
            leaf.setRequiresGradient(true);
            leaves.add(leaf);
        }
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray hidden = Activation.gelu(x.matMul(leaves.get(0).transpose()).add(leaves.get(1)));
            NDArray centred = hidden.sub(hidden.mean(new int[] {1}, true));
            NDArray spread =
                    centred.mul(centred).mean(new int[] {1}, true).add(1e-5f).sqrt();
            NDArray rows = leaves.get(2)
                    .div(leaves.get(2)
                            .mul(leaves.get(2))
                            .sum(new int[] {1}, true)
                            .sqrt());
            NDArray logits = centred.div(spread).matMul(rows.transpose()).add(leaves.get(3));
            NDArray picked = logits.logSoftmax(1).mul(y.oneHot(4, DataType.FLOAT32));
            collector.backward(picked.sum(new int[] {1}).mean().neg());
            return leaves.stream()
                    .map(leaf -> leaf.getGradient().toFloatArray())
                    .toList();
        }
    }

    private NDList arguments(NDList parameters, NDArray x, NDArray y) {
        NDList arguments = new NDList(manager.create(0f));
        parameters.forEach(parameter -> parameter.setName("p[]"));
        arguments.addAll(parameters);
        x.setName("x");
        y.setName("y");
        return arguments.addAll(new NDList(x, y));
    }

    @Test
    void whatACallReturnsCanBeTrainedByTheNext() {
        NDArray x = manager.create(new float[] {1, 2});
        x.setName("x");
        NDArray doubled =
                program.call("double", new NDList(manager.create(0f), x)).singletonOrThrow();
        doubled.setName("p[]");

        program.call("descend", new NDList(manager.create(0f), doubled));

        assertThat(doubled.toFloatArray()).containsExactly(1, 2);
    }

    @Test
    void resultsBelongToTheManagerOfTheFirstArgument() {
        NDArray x = manager.create(new float[] {1, 2});
        x.setName("x");
        int before = manager.getManagedArrays().size();

        try (NDManager scope = manager.newSubManager()) {
            NDArray doubled =
                    program.call("double", new NDList(scope.create(0f), x)).singletonOrThrow();
            assertThat(doubled.getManager()).isSameAs(scope);
        }

        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @Test
    void whatDoesNotCompileIsRefusedWithTheCompilersWords() {
        assertThatThrownBy(() ->
                        TorchProgram.compile(manager, SOURCE.replace("torch.gelu", "torch.no_such_operator"), CPU))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not compile")
                .hasMessageContaining("no_such_operator");
    }

    @Test
    void anUnknownMethodFailsAndLeavesNothingBehind() {
        NDArray c = manager.create(0f);
        int before = manager.getManagedArrays().size();

        assertThatThrownBy(() -> program.call("missing", new NDList(c)))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("missing");
        assertThat(manager.getManagedArrays()).hasSize(before);
    }
}
