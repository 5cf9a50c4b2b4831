"""One step of learning in 16-bit arithmetic with 32-bit parameters, and the running mean of the parameters."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

from typing import TYPE_CHECKING, Any

from moderation.training.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

LARGEST_GRADIENT = 1.0  # norm over all parameters
MEAN_EVERY = 4  # steps; taking the mean more often costs time and changes nothing


class Optimiser:
    """AdamW on a 32-bit copy of a network whose encoder computes in bfloat16.

    Matrix products in bfloat16 are about ten times as fast on processors that have them; the small changes of
    learning would be lost in them, so that they are made to the copy.
    """

    def __init__(self, network: Network, *, learning_rate: float, weight_decay: float, mean_decay: float) -> None:
        import torch

        network.encoder.to(torch.bfloat16)
        self._working = network.parameters()
        self._exact = [parameter.detach().float().clone().requires_grad_() for parameter in self._working]
        self._mean = [parameter.detach().clone() for parameter in self._exact]
        self._adam = torch.optim.AdamW(self._exact, lr=learning_rate, weight_decay=weight_decay, fused=True)
        self._learning_rate, self._mean_decay, self._steps = learning_rate, mean_decay, 0

    def step(self, loss: "torch.Tensor", rate: float) -> None:
        """Learn from a loss; `rate` is the part of the full learning rate."""
        import torch

        loss.backward()  # type: ignore[no-untyped-call]
        for exact, working in zip(self._exact, self._working, strict=True):
            exact.grad = None if working.grad is None else working.grad.float()
            working.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, LARGEST_GRADIENT)
        for group in self._adam.param_groups:
            group["lr"] = self._learning_rate * rate
        self._adam.step()
        with torch.no_grad():
            _copy(self._exact, self._working)
            self._steps += 1
            if self._steps % MEAN_EVERY == 0:
                torch._foreach_lerp_(self._mean, self._exact, 1 - self._decay() ** MEAN_EVERY)

    def _decay(self) -> float:
        # Early on the mean must forget the untrained start.
        return min(self._mean_decay, self._steps / (self._steps + 10 * MEAN_EVERY))

    def finish(self, network: Network) -> None:
        """Leave the mean of the last steps in the network, in 32 bits."""
        import torch

        network.encoder.float()
        with torch.no_grad():
            _copy(self._mean, network.parameters())

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on later."""
        return {"exact": self._exact, "mean": self._mean, "adam": self._adam.state_dict(), "steps": self._steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        import torch

        with torch.no_grad():
            _copy(state["exact"], self._exact)
            _copy(state["exact"], self._working)
            _copy(state["mean"], self._mean)
        self._adam.load_state_dict(state["adam"])
        self._steps = state["steps"]


def _copy(source: "Sequence[torch.Tensor]", target: "Sequence[torch.Tensor]") -> None:
    for new, old in zip(source, target, strict=True):
        old.copy_(new)
