"use strict";
// Shows the lists of the plan a page at a time. Whatever stands in the plan becomes text, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const invisible = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u;
  const counted = new Intl.NumberFormat("en");

  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children.filter((child) => child !== null));
    return element;
  };

  const value = (text) => {
    const isolated = make("bdi");
    let plain = "";
    for (const each of text) {
      if (each !== "\u200d" && invisible.test(each)) {
        const code = each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
        isolated.append(plain, make("span", "ctl", `U+${code}`));
        plain = "";
      } else {
        plain += each;
      }
    }
    isolated.append(plain);
    return isolated;
  };

  const spelled = (cell) => {
    if (cell === true) return "yes";
    if (cell === false) return "no";
    return Array.isArray(cell) ? cell.join(", ") : cell ?? "";
  };

  const shown = (tag, cell) => {
    const text = spelled(cell);
    return text === "" ? make("span", "blank", "blank") : make(tag, "", value(text));
  };

  const field = (name) => make("span", "field", `${name} `);

  const line = ([index, before, after]) => {
    const label = field(data.fields[index]);
    if (before === null) return make("li", "", label, shown("span", after));
    if (after === null) return make("li", "", label, shown("span", before));
    return make("li", "", label, shown("del", before), " → ", shown("ins", after));
  };

  const rowsOf = (rows) => rows.join(", ");

  const changeRow = ([kind, mobile, name, from, note, rows, fields]) => {
    const [, words, colour] = data.kinds[kind];
    const number = make("td", "", make("span", "phone", mobile));
    if (from) number.append(make("span", "move", "was ", make("span", "phone", from)));
    const what = make("td", "", note ? make("div", "quiet", note) : null);
    const isWhole = fields.some(([, before, after]) => before === null || after === null);
    if (fields.length) what.append(make("ul", isWhole ? "lines flat" : "lines", ...fields.map(line)));
    return make(
      "tr",
      colour === "red" ? "gone" : "",
      make("td", "", make("span", `mark ${colour}`, words)),
      number,
      make("td", "", name ? value(name) : make("span", "blank", "no name")),
      what,
      make("td", "number", rowsOf(rows)),
    );
  };

  const rejectRow = ([row, name, code, message, mobile]) =>
    make(
      "tr",
      "",
      make("td", "number", String(row)),
      make("td", "", name),
      make("td", "", make("code", "", code)),
      make("td", "", value(message)),
      make("td", "phone", mobile ?? ""),
    );

  const duplicateRow = ([mobile, rows, last, fields]) => {
    const won = fields.map(([name, kept]) => make("li", "", field(name), `row ${kept} won`));
    const words = won.length ? null : make("span", "quiet", "the rows agree");
    return make(
      "tr",
      "",
      make("td", "phone", mobile),
      make("td", "", rowsOf(rows)),
      make("td", "number", String(last)),
      make("td", "", words, won.length ? make("ul", "lines", ...won) : null),
    );
  };

  const digits = (text) => text.replace(/\D/g, "");

  const texts = (cell) => (Array.isArray(cell) ? cell.map(texts).join("\n") : typeof cell === "string" ? cell : "");

  /** One list: search, further filters, pages. */
  const paged = (section, records, render, labels, filters) => {
    const one = (selector) => section.querySelector(selector);
    const [search, size, body, status] = ["input[type=search]", ".size", "tbody", "[role=status]"].map(one);
    const [previous, next] = [one(".previous"), one(".next")];
    let found = records;
    let start = 0;
    let haystacks = null;

    const haystack = () => (haystacks ??= records.map((each) => `${texts(each)}\n${labels(each)}`.toLowerCase()));

    const matching = () => {
      const chosen = filters ? filters() : () => true;
      const wanted = search.value.trim().toLowerCase();
      if (!wanted) return records.filter(chosen);
      const number = /^[+\d\s().-]+$/.test(wanted) ? digits(wanted) : "";
      const all = haystack();
      const fits = (text) => text.includes(wanted) || (number.length > 2 && text.includes(number));
      return records.filter((each, index) => fits(all[index]) && chosen(each));
    };

    const draw = () => {
      const count = Number(size.value);
      const shownRows = found.slice(start, start + count);
      const nothing = make("td", "none", records.length ? "Nothing matches." : "Nothing to show.");
      nothing.colSpan = section.querySelectorAll("thead th").length;
      body.replaceChildren(...(shownRows.length ? shownRows.map(render) : [make("tr", "", nothing)]));
      const last = start + shownRows.length;
      const range = shownRows.length ? `${counted.format(start + 1)}–${counted.format(last)} of ` : "";
      const among = found.length < records.length ? ` (${counted.format(records.length)} in all)` : "";
      status.textContent = `${range}${counted.format(found.length)}${among}`;
      previous.disabled = start === 0;
      next.disabled = last >= found.length;
    };

    const again = () => {
      found = matching();
      start = 0;
      draw();
    };

    const turn = (direction) => {
      const count = Number(size.value);
      start = Math.max(0, Math.min(start + direction * count, Math.floor((found.length - 1) / count) * count));
      draw();
      section.scrollIntoView({ block: "start" });
    };

    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(again, 120);
    });
    size.addEventListener("change", () => {
      start = 0;
      draw();
    });
    previous.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    for (const each of section.querySelectorAll("[data-live]")) each.hidden = false;
    again();

    let usual = size.value;
    addEventListener("beforeprint", () => {
      usual = size.value;
      size.value = "1000";
      draw();
    });
    addEventListener("afterprint", () => {
      size.value = usual;
      draw();
    });
    return again;
  };

  const changes = document.getElementById("changes");
  const byField = changes.querySelector(".by-field");
  const chosenKind = () => changes.querySelector("input[name=kind]:checked").value;
  const again = paged(
    changes,
    data.changes,
    changeRow,
    (each) => each[6].map(([index]) => data.fields[index]).join("\n"),
    () => {
      const kind = chosenKind();
      const name = byField.value;
      return (each) =>
        (kind === "" || each[0] === Number(kind)) &&
        (name === "" || each[6].some(([index]) => index === Number(name)));
    },
  );
  for (const each of changes.querySelectorAll("input[name=kind]")) each.addEventListener("change", again);
  byField.addEventListener("change", again);

  const others = [
    ["rejects", rejectRow],
    ["duplicates", duplicateRow],
  ];
  for (const [name, render] of others) {
    const section = document.getElementById(name);
    if (section) paged(section, data[name], render, () => "");
  }

  addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=radio]), select, textarea");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      changes.querySelector("input[type=search]").focus();
    }
  });
})();
