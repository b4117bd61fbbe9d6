// Quiet syntax colouring: comments, strings, numbers, keywords. One pass of one regular expression per language family;
// a wrong guess costs a colour and never the text.

import { el } from "./dom.js";

const number = String.raw`(?<number>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)\w*)`;
const word = String.raw`(?<word>[A-Za-z_$@#][\w$]*)`;
const doubleQuoted = String.raw`"(?:\\.|[^"\\\n])*"?`;
const singleQuoted = String.raw`'(?:\\.|[^'\\\n])*'?`;
const template = String.raw`\x60(?:\\[^]|[^\x60\\])*\x60?`;
const tripleQuoted = String.raw`"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)`;
const slashComment = String.raw`(?<comment>\/\/.*|\/\*[^]*?(?:\*\/|$))`;
const hashComment = String.raw`(?<comment>#.*)`;

const strings = (...kinds) => `(?<string>${kinds.join("|")})`;
const rules = (...parts) => new RegExp(parts.join("|"), "gu");

const families = {
    slash: rules(slashComment, strings(tripleQuoted, doubleQuoted, singleQuoted, template), number, word),
    // A single quote in Rust may begin a lifetime, which no quote ends.
    rust: rules(slashComment, strings(doubleQuoted, String.raw`'(?:\\.|[^'\\\n])'`), number, word),
    hash: rules(hashComment, strings(tripleQuoted, doubleQuoted, singleQuoted), number, word),
    shell: rules(String.raw`(?<comment>(?<=^|\s)#.*)`, strings(String.raw`"(?:\\[^]|[^"\\])*"?`, "'[^']*'?"),
        String.raw`(?<number>\$\{?\w+\}?)`, String.raw`(?<word>[A-Za-z_][\w-]*)`),
    sql: rules(String.raw`(?<comment>--.*|\/\*[^]*?(?:\*\/|$))`, strings(String.raw`'(?:''|[^'])*'?`, doubleQuoted),
        number, word),
    markup: rules(String.raw`(?<comment><!--[^]*?(?:-->|$))`, strings(String.raw`(?<==\s*)"[^"]*"?`, String.raw`(?<==\s*)'[^']*'?`),
        String.raw`(?<keyword><\/?[\w:-]+|\/?>)`),
    style: rules(String.raw`(?<comment>\/\*[^]*?(?:\*\/|$))`, strings(doubleQuoted, singleQuoted),
        String.raw`(?<keyword>@[\w-]+|--[\w-]+|[\w-]+(?=\s*:\s))`, String.raw`(?<number>#[\da-fA-F]{3,8}\b|\b\d[\d.]*(?:%|[a-z]+)?)`),
    data: rules(String.raw`(?<keyword>"(?:\\.|[^"\\\n])*"(?=\s*:)|^[ \t-]*[\w.-]+(?=\s*[:=](?:\s|$)))`, hashComment,
        strings(doubleQuoted, singleQuoted), number, word),
    difference: rules(String.raw`(?<added>^\+.*)`, String.raw`(?<removed>^-.*)`, String.raw`(?<comment>^@@.*)`),
};
for (const name of ["data", "difference", "shell"]) {
    families[name] = new RegExp(families[name].source, "gmu");
}

const words = (text) => new Set(text.split(" "));
const shared = "if else for while do switch case default break continue return try catch finally throw true false in as is ";
const cLike = shared + "struct enum union class public private protected static const void int long short char float double "
    + "bool unsigned signed auto new delete this null nullptr namespace using template typename virtual override inline "
    + "extern sizeof typedef #include #define #if #ifdef #ifndef #endif goto volatile final abstract interface extends "
    + "implements import package synchronized throws instanceof var string object foreach async await record sealed";

const languages = {
    swift: ["slash", shared + "func let var struct class enum protocol extension actor import guard where self Self init "
        + "deinit throws rethrows async await nil public private internal fileprivate open static mutating some any inout "
        + "defer repeat associatedtype typealias subscript get set willSet didSet lazy weak unowned override final @main "
        + "Int String Double Float Bool Array Dictionary Set Character"],
    javascript: ["slash", shared + "function const let var class extends new this null undefined typeof instanceof async "
        + "await yield import export from of delete void static get set interface type enum implements readonly string "
        + "number boolean any unknown never declare namespace private public protected satisfies"],
    c: ["slash", cLike],
    go: ["slash", shared + "func var const type struct interface map chan go defer range package import select nil "
        + "string int int64 float64 bool byte error fallthrough make append len"],
    rust: ["rust", shared + "fn let mut struct enum impl trait pub use mod crate self Self match loop where unsafe async "
        + "await move ref dyn const static type Some None Ok Err String Vec Option Result i32 i64 u8 u32 u64 usize f32 f64 bool str"],
    kotlin: ["slash", shared + "fun val var class object interface when data sealed override open private public internal "
        + "null this suspend companion import package init by lateinit def extends with trait match"],
    php: ["slash", shared + "function class public private protected static new echo null use namespace foreach fn array"],
    python: ["hash", "if elif else for while break continue return try except finally raise True False None in is not and or "
        + "def class lambda import from as with yield async await global nonlocal pass del assert match case self"],
    ruby: ["hash", "if elsif else unless for while until do end def class module return yield begin rescue ensure raise true "
        + "false nil self require attr_accessor then case when in and or not next break puts"],
    r: ["hash", "if else for while repeat function return break next TRUE FALSE NULL NA in library"],
    shell: ["shell", "if then else elif fi for while until do done case esac in function return exit export local sudo cd echo "
        + "set source read test"],
    sql: ["sql", "select from where insert into values update set delete create table drop alter index view join left right "
        + "inner outer full on as and or not null is in like between group by order having limit offset distinct union all "
        + "primary key foreign references default case when then else end with exists integer text varchar count sum avg"],
    data: ["data", "true false null yes no"],
    markup: ["markup", ""],
    style: ["style", ""],
    difference: ["difference", ""],
};

const otherNames = {
    js: "javascript", jsx: "javascript", ts: "javascript", tsx: "javascript", typescript: "javascript", mjs: "javascript",
    cpp: "c", "c++": "c", cc: "c", h: "c", hpp: "c", java: "c", cs: "c", csharp: "c", "c#": "c", objc: "c", dart: "c",
    rs: "rust", golang: "go", kt: "kotlin", scala: "kotlin", groovy: "kotlin", py: "python", python3: "python", rb: "ruby",
    sh: "shell", bash: "shell", zsh: "shell", console: "shell", dockerfile: "shell", makefile: "shell", make: "shell",
    json: "data", jsonc: "data", yaml: "data", yml: "data", toml: "data", ini: "data", html: "markup", xml: "markup",
    svg: "markup", vue: "markup", css: "style", scss: "style", less: "style", diff: "difference", patch: "difference",
    mysql: "sql", postgresql: "sql", sqlite: "sql",
};

const keywords = new Map();
/** Longer code stays plain, so that colouring never slows an answer down. */
const longest = 30_000;

/** The code as text nodes and coloured spans. */
export function highlight(code, language) {
    const given = language.toLowerCase();
    const name = Object.hasOwn(otherNames, given) ? otherNames[given] : given;
    if (!Object.hasOwn(languages, name) || code.length > longest) return [code];
    const [family, list] = languages[name];
    if (!keywords.has(list)) keywords.set(list, words(list));
    const ignoresCase = family === "sql";
    const nodes = [];
    let plain = 0;
    for (const match of code.matchAll(families[family])) {
        let kind = Object.keys(match.groups).find((group) => match.groups[group] !== undefined);
        if (kind === "word") {
            const found = keywords.get(list).has(ignoresCase ? match[0].toLowerCase() : match[0]);
            if (found) kind = "keyword";
            else if (code[match.index + match[0].length] === "(" && family !== "sql") kind = "call";
            else continue;
        }
        if (match[0] === "") continue;
        nodes.push(code.slice(plain, match.index), el("span", { class: `code-${kind}` }, match[0]));
        plain = match.index + match[0].length;
    }
    nodes.push(code.slice(plain));
    return nodes;
}
