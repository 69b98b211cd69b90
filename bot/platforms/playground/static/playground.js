// The few things that HTML and htmx do not do: keep the chat at its newest message, empty the
// composer after sending, send with Enter.
(() => {
  const chat = document.getElementById("chat");
  const composer = document.getElementById("composer");
  const text = document.getElementById("text");
  const nearEnd = () => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 160;
  const toEnd = () => { chat.scrollTop = chat.scrollHeight; };
  let follow = true;

  toEnd();
  chat.addEventListener("scroll", () => { follow = nearEnd(); });
  new MutationObserver(() => { if (follow) toEnd(); }).observe(chat, {childList: true, subtree: true});

  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  // A form that was taken is empty again, as in Feishu; one that was refused keeps its words.
  chat.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest("form.fields");
    const taken = event.detail?.ctx?.response?.headers?.get("x-taken") === "yes";
    if (form && taken) form.reset();
  });
  composer.addEventListener("htmx:after:request", () => {
    text.value = "";
    composer.querySelector(".replying")?.remove();
    follow = true;
    toEnd();
    text.focus();
  });
})();
