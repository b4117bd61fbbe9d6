"""Makes a folder with a document of each kind, and some that are broken. Run: python3 make_documents.py FOLDER"""

import json
import os
import sys
import zipfile

folder = sys.argv[1]
os.makedirs(folder)


def write(name, text):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def pack(name, files):
    with zipfile.ZipFile(f"{folder}/{name}", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def pdf(pages):
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{' '.join(f'{4 + 2 * n} 0 R' for n in range(len(pages)))}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>"
            f"/Contents {5 + 2 * number} 0 R>>"
        )
        content = f"BT /F 12 Tf 20 700 Td ({page}) Tj ET" if page else ""
        objects.append(f"<</Length {len(content)}>>\nstream\n{content}\nendstream")
    text, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects):
        places.append(len(text))
        text += f"{number + 1} 0 obj\n{body}\nendobj\n"
    table = len(text)
    text += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010} 00000 n \n" for place in places)
    return text + f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n"


def word(body, head=""):
    return f'<?xml version="1.0"?>{head}<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>'


write("bicycles.md", "# Rules\n\nBicycles stand in the shed.\n\n## Guests\n\nA guest may borrow a bicycle for two days.\n\n## Repairs\n\nFlat tires are repaired on Mondays.\n")
write("garage.pdf", pdf(["A place in the parking garage costs 55 euros a month.", None]))
pack("keys.docx", {"word/document.xml": word("<w:p><w:r><w:t>The keys of the boat house are kept by Mrs. Adler.</w:t></w:r></w:p>")})
write("prices.csv", b"\xef\xbb\xbfItem,Deposit\nGrill,20 euros\nProjector,75 euros\nTent,30 euros\n")
write("library.html", "<title>Library</title><script>var x = 'winter opening hours';</script><h2>Opening hours</h2><p>In winter the library opens from ten to four.</p><h2>Fines</h2><p>A late book costs 10&nbsp;cents a day.</p>")
slide = "<p:sld><p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody></p:sld>"
pack("safety.pptx", {"ppt/slides/slide1.xml": slide.format("Safety in our house"), "ppt/slides/slide2.xml": slide.format("The meeting point after an evacuation is the old oak.")})
pack("pool.xlsx", {
    "xl/workbook.xml": '<workbook><sheets><sheet name="Water" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Measure of the pool</t></is></c><c r="B1" t="inlineStr"><is><t>Value</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>Chlorine level</t></is></c><c r="B2"><v>0.6</v></c></row></sheetData></worksheet>',
})
pack("recipes.epub", {
    "META-INF/container.xml": '<container><rootfile full-path="book.opf"/></container>',
    "book.opf": '<package><item id="a" href="a.xhtml"/><itemref idref="a"/></package>',
    "a.xhtml": "<html><h1>Paella</h1><p>The recipe takes half a gram of saffron for four people.</p></html>",
})
write("compost.py", "import math\n\n\ndef compost_temperature(days):\n    \"\"\"Computes the temperature of the compost after some days.\"\"\"\n    return 20 + 40 * math.exp(-days / 9)\n")
write("ladder.eml", "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nSubject: The ladder\nContent-Transfer-Encoding: quoted-printable\n\nThe long ladder hangs behind the green=\n door now.\n")
write("bees.jsonl", json.dumps({"place": "garden", "date": "12 March"}) + "\n" + json.dumps({"apiary": "roof", "inspection date": "4 May"}) + "\n")
pack("balcony.odt", {"content.xml": '<office:document-content><office:body><text:h text:outline-level="1">Smoking</text:h><text:p>On balconies smoking is allowed after eight.</text:p></office:body></office:document-content>'})

write("broken.pdf", "%PDF-1.4\nthis is none")
write("broken.docx", "this is no archive")
pack("bomb.docx", {"word/document.xml": b" " * (300 << 20)})
pack("laughs.docx", {"word/document.xml": word("<w:p><w:r><w:t>&b;</w:t></w:r></w:p>", '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>')})
write("binary.txt", bytes(number * 37 % 256 for number in range(5000)))
with open(f"{folder}/huge.txt", "wb") as file:
    file.truncate(2 << 30)
os.symlink("loop.txt", f"{folder}/loop.txt")
os.symlink("..", f"{folder}/up")
