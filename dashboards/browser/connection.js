// A lost connection: nothing can be moved until the server is there again; the address has the state.
export function whenLost(view, tellLost) {
  view?.model?.document?.on_event?.("connection_lost", () => {
    tellLost();
    const again = setInterval(async () => {
      const alive = await fetch("readiness", { cache: "no-store" }).then((answer) => answer.ok, () => false);
      if (!alive) return;
      clearInterval(again);
      location.reload();
    }, 1000);
  });
}
