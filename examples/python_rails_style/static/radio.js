// The radio check on the home page: what is typed goes to /echo, and what comes back is shown.
const form = document.getElementById("radio");
const heard = document.getElementById("heard");
const radio = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/echo`);

radio.onopen = () => {
  form.querySelector("button").disabled = false;
  heard.textContent = "Ready.";
};
radio.onmessage = (event) => {
  heard.textContent = `Heard: ${event.data}`; // as text, never as HTML
};
radio.onclose = () => {
  form.querySelector("button").disabled = true;
  heard.textContent = "The line is dead. Reload the page to try again.";
};
form.onsubmit = (event) => {
  event.preventDefault();
  radio.send(form.message.value);
};
