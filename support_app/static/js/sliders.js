// A slider beside a number field: whichever moves, the other follows. The number field is what is sent.

for (const slider of document.querySelectorAll("input[data-mirrors]")) {
  const field = document.getElementById(slider.dataset.mirrors);
  slider.addEventListener("input", () => {
    field.value = Number(slider.value).toFixed(2);
  });
  field.addEventListener("input", () => {
    slider.value = field.value;
  });
}
