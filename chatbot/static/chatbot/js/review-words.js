// @ts-check
/** What staff read beside the captions of a call, in one place for translation. */

/** Django's JavaScript catalogue; English without it. @type {any} */
const catalogue = globalThis;
/** @type {(english: string) => string} */
const gettext = catalogue.gettext ?? ((english) => english);

export const WORDS = {
  here: gettext("A call is running."),
  over: gettext("The call has ended."),
  lost: gettext("The connection is lost. Trying again."),
  speaking: gettext("speaking…"),
  transcribing: gettext("being written down…"),
  in_progress: gettext("answering…"),
  asked: gettext("waits for the user's permission"),
  tool: gettext("working…"),
  interrupted: gettext("interrupted"),
  incomplete: gettext("incomplete"),
  failed: gettext("failed"),
};
