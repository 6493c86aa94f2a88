// The clock on the home page: the events of /clock, as they come. A browser connects again by itself.
const clock = document.getElementById("clock");
const events = new EventSource("/clock");

events.addEventListener("tick", (event) => {
  clock.textContent = event.data;
});
