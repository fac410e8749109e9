// @ts-check
/** Sends what the user changes to our own server. */

/** Every page holds a form with the token. */
function token() {
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<string | null>} null when it was taken; else what the server says, or ""
 */
export async function post(path, body = {}) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify(body),
    });
    if (answer.ok && !answer.redirected) return null;
    const refusal = answer.status === 400 ? await answer.json() : {};
    return Object.values(refusal).flat().join(" ");
  } catch {
    return "";
  }
}
