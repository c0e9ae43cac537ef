<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name />
        <message>
            <source> ({} without objects) in {}.</source>
            <translation> ({} ohne Objekte) in {}.</translation>
        </message>
        <message>
            <source> Marked as reviewed: {}.</source>
            <translation> Als geprüft markiert: {}.</translation>
        </message>
        <message>
            <source> and </source>
            <translation> und </translation>
        </message>
        <message>
            <source> and {} more</source>
            <translation> und {} weitere</translation>
        </message>
        <message>
            <source>, all on reviewed images.</source>
            <translation>, alle auf geprüften Bildern.</translation>
        </message>
        <message>
            <source>, none of which is reviewed.</source>
            <translation>, keines davon ist geprüft.</translation>
        </message>
        <message>
            <source>. Reviewed: {} on {}; not reviewed: {} on {}.</source>
            <translation>. Geprüft: {} ({}); ungeprüft: {} ({}).</translation>
        </message>
        <message>
            <source>1 annotation</source>
            <translation>1 Annotation</translation>
        </message>
        <message>
            <source>1 box</source>
            <translation>1 Box</translation>
        </message>
        <message>
            <source>1 doubtful box</source>
            <translation>1 zweifelhafte Box</translation>
        </message>
        <message>
            <source>1 image</source>
            <translation>1 Bild</translation>
        </message>
        <message>
            <source>1 image has another size than when its boxes were drawn; open it and check them: </source>
            <translation>1 Bild hat eine andere Größe als beim Zeichnen seiner Boxen; öffnen und prüfen: </translation>
        </message>
        <message>
            <source>1 image is not in the folder now: </source>
            <translation>1 Bild ist derzeit nicht im Ordner: </translation>
        </message>
        <message>
            <source>1 image is reviewed.</source>
            <translation>1 Bild ist geprüft.</translation>
        </message>
        <message>
            <source>1 image is turned by its EXIF orientation</source>
            <translation>1 Bild ist durch seine EXIF-Ausrichtung gedreht</translation>
        </message>
        <message>
            <source>1 image that is not reviewed was left out.</source>
            <translation>1 ungeprüftes Bild wurde ausgelassen.</translation>
        </message>
        <message>
            <source>1 is locked</source>
            <translation>1 ist gesperrt</translation>
        </message>
        <message>
            <source>1 likely object without a box</source>
            <translation>1 wahrscheinliches Objekt ohne Box</translation>
        </message>
        <message>
            <source>1 more has few</source>
            <translation>1 weitere hat wenige</translation>
        </message>
        <message>
            <source>1 suggestion</source>
            <translation>1 Vorschlag</translation>
        </message>
        <message>
            <source>1, true, 0 or false</source>
            <translation>1, true, 0 oder false</translation>
        </message>
        <message>
            <source>; sizes and boxes are those of the upright image, and some readers do not turn it: {}.</source>
            <translation>; Größen und Boxen sind die des aufrechten Bildes, und manche Programme drehen es nicht: {}.</translation>
        </message>
        <message>
            <source>A category needs a name.</source>
            <translation>Eine Kategorie braucht einen Namen.</translation>
        </message>
        <message>
            <source>A folder with data.yaml and one text file for each image, as Ultralytics reads it.</source>
            <translation>Ein Ordner mit data.yaml und einer Textdatei für jedes Bild, wie Ultralytics ihn liest.</translation>
        </message>
        <message>
            <source>A folder with one JSON file for each image, as labelme opens it.</source>
            <translation>Ein Ordner mit einer JSON-Datei für jedes Bild, wie labelme sie öffnet.</translation>
        </message>
        <message>
            <source>A folder with one XML file for each image, as labelImg, CVAT and torchvision read it.</source>
            <translation>Ein Ordner mit einer XML-Datei für jedes Bild, wie labelImg, CVAT und torchvision ihn lesen.</translation>
        </message>
        <message>
            <source>A project is split into 2 to {} shares, not {}.</source>
            <translation>Ein Projekt wird in 2 bis {} Anteile geteilt, nicht in {}.</translation>
        </message>
        <message>
            <source>A reviewed image is complete: the detector will learn that there is nothing else in it. {previous} goes back, and {toggle-reviewed} takes the mark away.</source>
            <translation>Ein geprüftes Bild ist vollständig: Der Detektor lernt, dass sonst nichts darauf ist. {previous} geht zurück, und {toggle-reviewed} nimmt die Markierung weg.</translation>
        </message>
        <message>
            <source>A second look at {}</source>
            <translation>Der zweite Blick auf {}</translation>
        </message>
        <message>
            <source>A share cannot be called {!r}: it is the name of a folder.</source>
            <translation>Ein Anteil kann nicht {!r} heißen: Es ist der Name eines Ordners.</translation>
        </message>
        <message>
            <source>A split is two or three whole percentages of train, val and test, as in 80/10/10, not {}.</source>
            <translation>Eine Aufteilung sind zwei oder drei ganze Prozentzahlen für train, val und test, wie in 80/10/10, nicht {}.</translation>
        </message>
        <message>
            <source>A time in the project cannot be read: {}.</source>
            <translation>Eine Zeitangabe im Projekt ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>AP50 {} → {}</source>
            <translation>AP50 {} → {}</translation>
        </message>
        <message>
            <source>Accept the suggestion, the closer fit that is offered, or the detector's box of a difference</source>
            <translation>Den Vorschlag, die angebotene genauere Box oder die Box des Detektors bei einem Unterschied annehmen</translation>
        </message>
        <message>
            <source>Active time, today {}: it runs while the window has the focus and something was done in it within the last 30 seconds.</source>
            <translation>Aktive Zeit, heute {}: läuft, solange das Fenster den Fokus hat und in den letzten 30 Sekunden etwas darin getan wurde.</translation>
        </message>
        <message>
            <source>Active {} today, {} in all</source>
            <translation>Aktiv: heute {}, insgesamt {}</translation>
        </message>
        <message>
            <source>Add the boxes in a band to the selection</source>
            <translation>Boxen in einem Rahmen zur Auswahl hinzufügen</translation>
        </message>
        <message>
            <source>After this image comes the one about which the detector is most in doubt.</source>
            <translation>Nach diesem Bild kommt das, bei dem der Detektor am meisten zweifelt.</translation>
        </message>
        <message>
            <source>All boxes are hidden: {hide} shows them · {keys} all keys</source>
            <translation>Alle Boxen sind ausgeblendet: {hide} zeigt sie · {keys} alle Tasten</translation>
        </message>
        <message>
            <source>Always</source>
            <translation>Immer</translation>
        </message>
        <message>
            <source>An entry of the project's journal cannot be read: {}.</source>
            <translation>Ein Eintrag im Journal des Projekts ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>An image of this size is not looked at again.</source>
            <translation>Ein Bild dieser Größe wird nicht noch einmal untersucht.</translation>
        </message>
        <message>
            <source>Annotations</source>
            <translation>Annotationen</translation>
        </message>
        <message>
            <source>Annotations (*.json *.xml *.yaml *.yml);;All files (*)</source>
            <translation>Annotationen (*.json *.xml *.yaml *.yml);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Annotations that repeat another one, box and category: {}. The first is on {}.</source>
            <translation>Annotationen, die eine andere wiederholen, Box und Kategorie: {}. Die erste ist auf {}.</translation>
        </message>
        <message>
            <source>Annotations that the project had already: {}.</source>
            <translation>Annotationen, die das Projekt schon hatte: {}.</translation>
        </message>
        <message>
            <source>Another box has this object already: {delete} deletes this one · {accept} keeps it · {next-box} next</source>
            <translation>Dieses Objekt hat schon eine andere Box: {delete} löscht diese · {accept} behält sie · {next-box} nächste</translation>
        </message>
        <message>
            <source>Arrows</source>
            <translation>Pfeile</translation>
        </message>
        <message>
            <source>Base</source>
            <translation>Basis</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxen</translation>
        </message>
        <message>
            <source>Boxes that came from suggestions ({}) keep what those said.</source>
            <translation>Boxen aus Vorschlägen ({}) behalten, was diese besagten.</translation>
        </message>
        <message>
            <source>Boxes whose keypoints were left out: {}.</source>
            <translation>Boxen, deren Schlüsselpunkte wegblieben: {}.</translation>
        </message>
        <message>
            <source>Boxes with a score, which was left out: {}.</source>
            <translation>Boxen mit einer Konfidenz, die wegblieb: {}.</translation>
        </message>
        <message>
            <source>Boxwright detector (*.safetensors)</source>
            <translation>Boxwright-Detektor (*.safetensors)</translation>
        </message>
        <message>
            <source>By name</source>
            <translation>Nach Name</translation>
        </message>
        <message>
            <source>COCO JSON (*.json)</source>
            <translation>COCO JSON (*.json)</translation>
        </message>
        <message>
            <source>Cancel drawing, else refuse the offer, else reject the suggestion or keep your box, else deselect</source>
            <translation>Zeichnen abbrechen, sonst Angebot ausschlagen, sonst Vorschlag ablehnen oder eigene Box behalten, sonst Auswahl aufheben</translation>
        </message>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Categories without a box, which {} does not know: {}.</source>
            <translation>Kategorien ohne Box, die {} nicht kennt: {}.</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>Category of the selected box, else of the next one</source>
            <translation>Kategorie der gewählten Box, sonst der nächsten</translation>
        </message>
        <message>
            <source>Click an object to box it, again for the next choice · Alt+wheel: larger, smaller · {proposals} hides them</source>
            <translation>Objekt anklicken für eine Box, erneut für die nächste Wahl · Alt+Mausrad: größer, kleiner · {proposals} blendet die Regionen aus</translation>
        </message>
        <message>
            <source>Click the topmost, leftmost, lowest and rightmost point, in any order · {reject} cancels</source>
            <translation>Obersten, linken, untersten und rechten Punkt anklicken, Reihenfolge beliebig · {reject} bricht ab</translation>
        </message>
        <message>
            <source>Click two opposite corners, or drag · {reject} cancels</source>
            <translation>Zwei gegenüberliegende Ecken anklicken oder ziehen · {reject} bricht ab</translation>
        </message>
        <message>
            <source>Coarse view only</source>
            <translation>Nur grobe Ansicht</translation>
        </message>
        <message>
            <source>Computing…</source>
            <translation>Wird berechnet…</translation>
        </message>
        <message>
            <source>Copy of a project (*.db)</source>
            <translation>Kopie eines Projekts (*.db)</translation>
        </message>
        <message>
            <source>Dashed boxes are suggestions · {next-box} goes through · {accept-all} accepts all · {keys} all keys</source>
            <translation>Gestrichelte Boxen sind Vorschläge · {next-box} geht sie durch · {accept-all} nimmt alle an · {keys} alle Tasten</translation>
        </message>
        <message>
            <source>Dashed boxes are what the detector suggests. {next-box} goes to the one that it is least sure of, {accept} accepts it, {reject} rejects it; nothing counts until you decide.</source>
            <translation>Gestrichelte Boxen schlägt der Detektor vor. {next-box} geht zur unsichersten, {accept} nimmt sie an, {reject} lehnt sie ab; nichts zählt, bevor es entschieden ist.</translation>
        </message>
        <message>
            <source>Deleted version</source>
            <translation>Gelöschte Version</translation>
        </message>
        <message>
            <source>Detector</source>
            <translation>Detektor</translation>
        </message>
        <message>
            <source>Done: {}</source>
            <translation>Erledigt: {}</translation>
        </message>
        <message>
            <source>Doubtful suggestions</source>
            <translation>Zweifelhafte Vorschläge</translation>
        </message>
        <message>
            <source>Each image is looked at once and remembered. Go on labeling.</source>
            <translation>Jedes Bild wird einmal untersucht und gemerkt. Labeln geht weiter.</translation>
        </message>
        <message>
            <source>Evaluation</source>
            <translation>Auswertung</translation>
        </message>
        <message>
            <source>Exact precision</source>
            <translation>Genaue Rechnung</translation>
        </message>
        <message>
            <source>Fast precision</source>
            <translation>Schnelle Rechnung</translation>
        </message>
        <message>
            <source>Fewest boxes first</source>
            <translation>Wenigste Boxen zuerst</translation>
        </message>
        <message>
            <source>Files of the PASCAL VOC challenge, which counts pixels from 1: {}. Their left and upper sides were moved by one pixel.</source>
            <translation>Dateien des PASCAL-VOC-Wettbewerbs, der Pixel ab 1 zählt: {}. Ihre linken und oberen Seiten wurden um ein Pixel verschoben.</translation>
        </message>
        <message>
            <source>Fine-tuning</source>
            <translation>Nachtraining</translation>
        </message>
        <message>
            <source>Flags of whole images, kept for the next export but not shown: {} (the first: {}).</source>
            <translation>Markierungen ganzer Bilder, für den nächsten Export aufgehoben, aber nicht gezeigt: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Guide</source>
            <translation>Handbuch</translation>
        </message>
        <message>
            <source>Head</source>
            <translation>Kopf</translation>
        </message>
        <message>
            <source>Hide the boxes of the selected box's category, else of the next one's</source>
            <translation>Boxen der Kategorie der gewählten Box ausblenden, sonst der nächsten</translation>
        </message>
        <message>
            <source>If it pays</source>
            <translation>Wenn lohnend</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Images</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>Images by part, near copies together in {} groups: {}.</source>
            <translation>Bilder je Teil, Beinahe-Kopien zusammen in {} Gruppen: {}.</translation>
        </message>
        <message>
            <source>Images not marked as reviewed, because not all of their boxes could be read: {}.</source>
            <translation>Nicht als geprüft markierte Bilder, weil nicht alle ihre Boxen gelesen werden konnten: {}.</translation>
        </message>
        <message>
            <source>Images taken by their last name alone, from another folder than the file says: {}. {} is {}.</source>
            <translation>Bilder, die nur nach ihrem Dateinamen genommen wurden, aus einem anderen Ordner, als die Datei sagt: {}. {} ist {}.</translation>
        </message>
        <message>
            <source>Images that differ by their suffix alone have it in the name of their file too: {}.</source>
            <translation>Bilder, die sich nur in der Endung unterscheiden, haben sie auch im Namen ihrer Datei: {}.</translation>
        </message>
        <message>
            <source>It fails on one image after the other: choose another model, or start again.</source>
            <translation>Er scheitert an einem Bild nach dem anderen: ein anderes Modell wählen oder neu starten.</translation>
        </message>
        <message>
            <source>It finds objects without saying what they are: each gets the category that you draw in.</source>
            <translation>Es findet Objekte, ohne zu sagen, was sie sind: Jedes erhält die Kategorie, mit der gerade gezeichnet wird.</translation>
        </message>
        <message>
            <source>It is asked again until it answers, and then looks at all that waits for it.</source>
            <translation>Er wird gefragt, bis er wieder antwortet, und sieht sich dann alles an, was auf ihn wartet.</translation>
        </message>
        <message>
            <source>It is downloaded once. In a terminal: boxwright models get {}.</source>
            <translation>Wird einmal heruntergeladen. Im Terminal: boxwright models get {}.</translation>
        </message>
        <message>
            <source>Its file is not there any more.</source>
            <translation>Die Datei ist nicht mehr da.</translation>
        </message>
        <message>
            <source>JSON files that are not labelme's, which were left out: {} (the first: {}).</source>
            <translation>JSON-Dateien, die nicht von labelme sind und wegblieben: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Journal entry {} of the project cannot be read: {}.</source>
            <translation>Eintrag {} im Journal des Projekts ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>Last changed first</source>
            <translation>Zuletzt geänderte zuerst</translation>
        </message>
        <message>
            <source>Learnt from {}</source>
            <translation>Gelernt aus: {}</translation>
        </message>
        <message>
            <source>Leave the images where they are</source>
            <translation>Die Bilder lassen, wo sie sind</translation>
        </message>
        <message>
            <source>Left out: {}</source>
            <translation>Ausgelassen: {}</translation>
        </message>
        <message>
            <source>Left out: {}. {}</source>
            <translation>Ausgelassen: {}. {}</translation>
        </message>
        <message>
            <source>Licence: {}</source>
            <translation>Lizenz: {}</translation>
        </message>
        <message>
            <source>Listing the folder</source>
            <translation>Das Auflisten des Ordners</translation>
        </message>
        <message>
            <source>Loading the detector</source>
            <translation>Das Laden des Detektors</translation>
        </message>
        <message>
            <source>Lock the box, or unlock it</source>
            <translation>Box sperren oder entsperren</translation>
        </message>
        <message>
            <source>Locked boxes ({}) are deleted too.</source>
            <translation>Gesperrte Boxen ({}) werden ebenfalls gelöscht.</translation>
        </message>
        <message>
            <source>Locked boxes ({}) move too.</source>
            <translation>Gesperrte Boxen ({}) wechseln mit.</translation>
        </message>
        <message>
            <source>Looking at the images</source>
            <translation>Bilder werden untersucht</translation>
        </message>
        <message>
            <source>Measured on {}: AP50 {}, AP {}.</source>
            <translation>Gemessen ({}): AP50 {}, AP {}.</translation>
        </message>
        <message>
            <source>Merge at most {} shares at a time.</source>
            <translation>Führen Sie höchstens {} Anteile auf einmal zusammen.</translation>
        </message>
        <message>
            <source>Models (*.safetensors *.pth *.pt *.pkl);;All files (*)</source>
            <translation>Modelle (*.safetensors *.pth *.pt *.pkl);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>More things that are wrong, beside these: {}.</source>
            <translation>Weitere Dinge, die nicht stimmen, neben diesen: {}.</translation>
        </message>
        <message>
            <source>Most boxes first</source>
            <translation>Meiste Boxen zuerst</translation>
        </message>
        <message>
            <source>Most differences first</source>
            <translation>Meiste Unterschiede zuerst</translation>
        </message>
        <message>
            <source>Most useful first</source>
            <translation>Nützlichste zuerst</translation>
        </message>
        <message>
            <source>Most useful first. On this image there are {}, so it teaches the detector something.</source>
            <translation>Nützlichste zuerst. Auf diesem Bild: {}; daraus lernt der Detektor etwas.</translation>
        </message>
        <message>
            <source>Most useful: {}</source>
            <translation>Am nützlichsten: {}</translation>
        </message>
        <message>
            <source>Mouse</source>
            <translation>Maus</translation>
        </message>
        <message>
            <source>Move the image</source>
            <translation>Bild verschieben</translation>
        </message>
        <message>
            <source>Move the selected boxes or resize the box; beside all boxes: select those in a band</source>
            <translation>Gewählte Boxen verschieben oder Box in der Größe ändern; neben allen Boxen: die in einem Rahmen wählen</translation>
        </message>
        <message>
            <source>NMS IoU {}</source>
            <translation>NMS IoU {}</translation>
        </message>
        <message>
            <source>Names</source>
            <translation>Namen</translation>
        </message>
        <message>
            <source>Names of models that were matched to “{}” go by themselves again: {}.</source>
            <translation>Modellnamen, die „{}“ zugeordnet waren, gelten wieder für sich: {}.</translation>
        </message>
        <message>
            <source>Names of models that were matched to “{}” go on to “{}”: {}.</source>
            <translation>Modellnamen, die „{}“ zugeordnet waren, gehen an „{}“ über: {}.</translation>
        </message>
        <message>
            <source>Neither {} nor {} can be written; make one of them writable and try again.</source>
            <translation>Weder {} noch {} ist beschreibbar; einen der Ordner beschreibbar machen und erneut versuchen.</translation>
        </message>
        <message>
            <source>Never</source>
            <translation>Nie</translation>
        </message>
        <message>
            <source>No backup of the project could be made</source>
            <translation>Das Projekt konnte nicht gesichert werden</translation>
        </message>
        <message>
            <source>No backup of the project could be made: the disk has too little room.</source>
            <translation>Das Projekt konnte nicht gesichert werden: auf dem Datenträger ist zu wenig Platz.</translation>
        </message>
        <message>
            <source>No box in {}: {}.</source>
            <translation>Keine Box in {}: {}.</translation>
        </message>
        <message>
            <source>No image has a box of “{}”.</source>
            <translation>Kein Bild hat eine Box von „{}“.</translation>
        </message>
        <message>
            <source>No image is reviewed yet.</source>
            <translation>Noch kein Bild ist geprüft.</translation>
        </message>
        <message>
            <source>Nobody can say now whether {} is damaged: {}</source>
            <translation>Ob {} beschädigt ist, kann jetzt niemand sagen: {}</translation>
        </message>
        <message>
            <source>None: at your score threshold nothing is missed and nothing is wrong.</source>
            <translation>Keine: Bei dieser Konfidenzschwelle ist nichts übersehen und nichts falsch.</translation>
        </message>
        <message>
            <source>Not counted: what the model calls {}.</source>
            <translation>Nicht gezählt: was das Modell {} nennt.</translation>
        </message>
        <message>
            <source>Nothing can be changed here: this project is damaged, and open for reading only.</source>
            <translation>Hier lässt sich nichts ändern: Dieses Projekt ist beschädigt und nur zum Lesen geöffnet.</translation>
        </message>
        <message>
            <source>Nothing can be read of {}, and there is no good backup. It was left as it is.</source>
            <translation>Von {} lässt sich nichts lesen, und es gibt keine gute Sicherung. Es blieb, wie es ist.</translation>
        </message>
        <message>
            <source>Nothing was exported, because one thing is wrong: {}</source>
            <translation>Nichts wurde exportiert, denn ein Fehler liegt vor: {}</translation>
        </message>
        <message>
            <source>Nothing was exported, because {} things are wrong: {}</source>
            <translation>Nichts wurde exportiert, denn {} Fehler liegen vor: {}</translation>
        </message>
        <message>
            <source>Nothing was exported: pycocotools does not load the file ({!r}).</source>
            <translation>Nichts wurde exportiert: pycocotools lädt die Datei nicht ({!r}).</translation>
        </message>
        <message>
            <source>Nothing was exported: pycocotools finds {} images, annotations and categories, not {}.</source>
            <translation>Nichts wurde exportiert: pycocotools findet {} Bilder, Annotationen und Kategorien, nicht {}.</translation>
        </message>
        <message>
            <source>Nothing was imported.</source>
            <translation>Nichts wurde importiert.</translation>
        </message>
        <message>
            <source>Nothing was imported: one thing is wrong with the file.</source>
            <translation>Nichts wurde importiert: Die Datei hat einen Fehler.</translation>
        </message>
        <message>
            <source>Nothing was imported: the project has all of it already.</source>
            <translation>Nichts wurde importiert: Das Projekt hat alles davon schon.</translation>
        </message>
        <message>
            <source>Nothing was imported: there is nothing in it.</source>
            <translation>Nichts wurde importiert: Es ist nichts darin.</translation>
        </message>
        <message>
            <source>Nothing was imported: {} things are wrong with the file.</source>
            <translation>Nichts wurde importiert: Die Datei hat {} Fehler.</translation>
        </message>
        <message>
            <source>Nothing was merged, because it could not be remembered</source>
            <translation>Nichts wurde zusammengeführt, weil es nicht gemerkt werden konnte</translation>
        </message>
        <message>
            <source>Old predictions could not be dropped</source>
            <translation>Alte Vorhersagen konnten nicht gelöscht werden</translation>
        </message>
        <message>
            <source>One JSON file of tasks to import, and the labelling configuration beside it.</source>
            <translation>Eine JSON-Datei mit Aufgaben zum Importieren, und die Konfiguration dafür daneben.</translation>
        </message>
        <message>
            <source>One XML file to upload to a CVAT task of the same images.</source>
            <translation>Eine XML-Datei zum Hochladen in eine CVAT-Aufgabe mit denselben Bildern.</translation>
        </message>
        <message>
            <source>One change is not saved yet: {} It stays here, and is saved as soon as that is possible.</source>
            <translation>Eine Änderung ist noch nicht gespeichert: {} Sie bleibt hier und wird gespeichert, sobald das möglich ist.</translation>
        </message>
        <message>
            <source>One file with everything that a project says. Use it where nothing may be lost.</source>
            <translation>Eine Datei mit allem, was ein Projekt besagt: für alles, wobei nichts verloren gehen darf.</translation>
        </message>
        <message>
            <source>Outlines and rotated boxes that became the upright box around them: {}.</source>
            <translation>Umrisse und gedrehte Boxen, aus denen die gerade Box um sie herum wurde: {}.</translation>
        </message>
        <message>
            <source>Outlines that were left out; their boxes are there: {}.</source>
            <translation>Umrisse, die wegblieben; ihre Boxen sind da: {}.</translation>
        </message>
        <message>
            <source>Outlines, which became the box around them: {} (the first: {}).</source>
            <translation>Umrisse, aus denen die Box um sie herum wurde: {} (der erste: {}).</translation>
        </message>
        <message>
            <source>Parts of objects that were left out: {}.</source>
            <translation>Teile von Objekten, die wegblieben: {}.</translation>
        </message>
        <message>
            <source>Points and lines, which were left out: {} (the first: {}).</source>
            <translation>Punkte und Linien, die wegblieben: {} (der erste Fall: {}).</translation>
        </message>
        <message>
            <source>Points, lines and skeletons, which were left out: {} (the first: {}).</source>
            <translation>Punkte, Linien und Skelette, die wegblieben: {} (der erste Fall: {}).</translation>
        </message>
        <message>
            <source>Preparing full resolution: {}</source>
            <translation>Volle Auflösung wird vorbereitet: {}</translation>
        </message>
        <message>
            <source>Press for the statistics</source>
            <translation>Drücken für die Statistik</translation>
        </message>
        <message>
            <source>Put copies of the images into the folder</source>
            <translation>Kopien der Bilder in den Ordner legen</translation>
        </message>
        <message>
            <source>Put links to the images into the folder</source>
            <translation>Verknüpfungen zu den Bildern in den Ordner legen</translation>
        </message>
        <message>
            <source>Reading a part of the image</source>
            <translation>Das Lesen eines Bildteils</translation>
        </message>
        <message>
            <source>Reading the image: {}</source>
            <translation>Bild wird gelesen: {}</translation>
        </message>
        <message>
            <source>Reading what is reviewed…</source>
            <translation>Geprüftes wird gelesen…</translation>
        </message>
        <message>
            <source>Reading {}</source>
            <translation>Das Lesen von {}</translation>
        </message>
        <message>
            <source>Redo {}</source>
            <translation>Wiederholen: {}</translation>
        </message>
        <message>
            <source>Regions without a label, which were left out: {} (the first: {}).</source>
            <translation>Regionen ohne Label, die wegblieben: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Rejected suggestions of “{}” ({}) stay rejected, as “{}” too.</source>
            <translation>Abgelehnte Vorschläge von „{}“ ({}) bleiben abgelehnt, auch als „{}“.</translation>
        </message>
        <message>
            <source>Rejected suggestions of “{}” ({}) stay rejected.</source>
            <translation>Abgelehnte Vorschläge von „{}“ ({}) bleiben abgelehnt.</translation>
        </message>
        <message>
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <source>Results that are no boxes or outlines, left out: {} (the first: {}).</source>
            <translation>Ergebnisse, die weder Box noch Umriss sind und wegblieben: {} (das erste: {}).</translation>
        </message>
        <message>
            <source>Reviewed</source>
            <translation>Geprüft</translation>
        </message>
        <message>
            <source>Reviewed images stay reviewed: for the next fine-tune these objects are background.</source>
            <translation>Geprüfte Bilder bleiben geprüft: Für das nächste Nachtraining sind diese Objekte Hintergrund.</translation>
        </message>
        <message>
            <source>Reviewed, looks unfinished</source>
            <translation>Geprüft, sieht unfertig aus</translation>
        </message>
        <message>
            <source>Reviewed, no objects</source>
            <translation>Geprüft, keine Objekte</translation>
        </message>
        <message>
            <source>Rotated boxes that became the upright box around them: {}.</source>
            <translation>Gedrehte Boxen, aus denen die gerade Box um sie herum wurde: {}.</translation>
        </message>
        <message>
            <source>Rotated boxes, which became the upright box around them: {} (the first: {}).</source>
            <translation>Gedrehte Boxen, aus denen die gerade Box um sie herum wurde: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Scroll, with Shift sideways</source>
            <translation>Scrollen, mit Umschalt seitwärts</translation>
        </message>
        <message>
            <source>Select a box, again: one deeper; with proposals shown: box the object, again: the next choice</source>
            <translation>Box wählen, erneut: eine tiefer; mit gezeigten Regionen: Box um das Objekt, erneut: die nächste Wahl</translation>
        </message>
        <message>
            <source>Select one more box, or one less</source>
            <translation>Eine Box mehr oder weniger wählen</translation>
        </message>
        <message>
            <source>Some minutes; detecting is slower meanwhile.</source>
            <translation>Einige Minuten; Detektieren ist währenddessen langsamer.</translation>
        </message>
        <message>
            <source>Statistics</source>
            <translation>Statistik</translation>
        </message>
        <message>
            <source>Suggestion: {accept} accepts · {reject} rejects · {category-1}–{category-9} choose its category · {next-box} next</source>
            <translation>Vorschlag: {accept} nimmt an · {reject} lehnt ab · {category-1}–{category-9} wählen die Kategorie · {next-box} nächste</translation>
        </message>
        <message>
            <source>Suggestion: {accept} accepts, and adds its category · {reject} rejects · {find-category} gives another</source>
            <translation>Vorschlag: {accept} nimmt an und fügt die Kategorie hinzu · {reject} lehnt ab · {find-category} gibt eine andere</translation>
        </message>
        <message>
            <source>Suggestions that boxes came from ({}) are undecided again.</source>
            <translation>Vorschläge, aus denen Boxen entstanden ({}), sind wieder offen.</translation>
        </message>
        <message>
            <source>Tags of whole images, kept for the next export but not shown: {} (the first: {}).</source>
            <translation>Tags ganzer Bilder, für den nächsten Export aufgehoben, aber nicht gezeigt: {} (der erste: {}).</translation>
        </message>
        <message>
            <source>Tasks with annotations that were cancelled: {} (the first: {}).</source>
            <translation>Aufgaben mit abgebrochenen Annotationen: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Tasks with predictions of a model, which were left out: {} (the first: {}).</source>
            <translation>Aufgaben mit Vorhersagen eines Modells, die wegblieben: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Tasks with several annotations, of which the ground truth, or else the newest, was taken: {} (the first: {}).</source>
            <translation>Aufgaben mit mehreren Annotationen, von denen die Ground Truth oder sonst die neueste genommen wurde: {} (die erste: {}).</translation>
        </message>
        <message>
            <source>Text files without an image of their name, which were left out: {}.</source>
            <translation>Textdateien ohne ein Bild ihres Namens, die wegblieben: {}.</translation>
        </message>
        <message>
            <source>The active time could not be kept</source>
            <translation>Die aktive Zeit konnte nicht gespeichert werden</translation>
        </message>
        <message>
            <source>The best proposals reach {} of your boxes</source>
            <translation>Die besten Regionen erreichen {} der eigenen Boxen</translation>
        </message>
        <message>
            <source>The box is locked: {lock} unlocks it.</source>
            <translation>Die Box ist gesperrt: {lock} entsperrt sie.</translation>
        </message>
        <message>
            <source>The cache folder {} cannot be made</source>
            <translation>Der Cache-Ordner {} kann nicht angelegt werden</translation>
        </message>
        <message>
            <source>The change could not be saved and was not made</source>
            <translation>Die Änderung konnte nicht gespeichert werden und wurde nicht vorgenommen</translation>
        </message>
        <message>
            <source>The choice of the model could not be kept</source>
            <translation>Die Wahl des Modells konnte nicht gespeichert werden</translation>
        </message>
        <message>
            <source>The damaged cache {} cannot be replaced</source>
            <translation>Der beschädigte Cache {} kann nicht ersetzt werden</translation>
        </message>
        <message>
            <source>The dataset has no names for its classes, so they are called by their numbers.</source>
            <translation>Der Datensatz hat keine Namen für seine Klassen; sie heißen daher nach ihren Nummern.</translation>
        </message>
        <message>
            <source>The detection in {}</source>
            <translation>Die Detektion in {}</translation>
        </message>
        <message>
            <source>The detector failed several times in a row and was loaded again.</source>
            <translation>Der Detektor ist mehrmals hintereinander gescheitert und wurde neu geladen.</translation>
        </message>
        <message>
            <source>The detector finds nothing here: {accept} keeps your box · {delete} deletes it · {next-box} next</source>
            <translation>Der Detektor findet hier nichts: {accept} behält die eigene Box · {delete} löscht sie · {next-box} nächste</translation>
        </message>
        <message>
            <source>The detector has this object in the dashed box: {accept} takes that · {reject} keeps yours · {next-box} next</source>
            <translation>Der Detektor hat dieses Objekt in der gestrichelten Box: {accept} übernimmt sie · {reject} behält die eigene · {next-box} nächste</translation>
        </message>
        <message>
            <source>The detector sees another category here: {accept} relabels the box · {reject} leaves it as it is</source>
            <translation>Der Detektor sieht hier eine andere Kategorie: {accept} ändert die Kategorie der Box · {reject} lässt sie, wie sie ist</translation>
        </message>
        <message>
            <source>The detector's work</source>
            <translation>Die Arbeit des Detektors</translation>
        </message>
        <message>
            <source>The download of {}</source>
            <translation>Das Herunterladen von {}</translation>
        </message>
        <message>
            <source>The export to {}</source>
            <translation>Der Export nach {}</translation>
        </message>
        <message>
            <source>The file of {}, {}, is not there any more. Put it back, or delete this version.</source>
            <translation>Die Datei von {}, {}, ist nicht mehr da. Zurücklegen oder diese Version löschen.</translation>
        </message>
        <message>
            <source>The folder {} cannot be read: {}.</source>
            <translation>Der Ordner {} ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>The folder {} holds an export in another format: choose an empty one or a new name.</source>
            <translation>Der Ordner {} enthält einen Export in einem anderen Format: einen leeren oder einen neuen Namen wählen.</translation>
        </message>
        <message>
            <source>The folder {} holds files that no export has written: {}. Move them, or choose a new name.</source>
            <translation>Der Ordner {} enthält Dateien, die kein Export geschrieben hat: {}. Sie wegräumen oder einen neuen Namen wählen.</translation>
        </message>
        <message>
            <source>The folder {} is gone, so that the trained model cannot be kept. Bring it back and fine-tune again.</source>
            <translation>Der Ordner {} ist nicht mehr da, das trainierte Modell kann deshalb nicht behalten werden. Den Ordner zurückholen und erneut nachtrainieren.</translation>
        </message>
        <message>
            <source>The folder {} is not empty and not an earlier export: choose an empty one or a new name.</source>
            <translation>Der Ordner {} ist weder leer noch ein früherer Export: einen leeren oder einen neuen Namen wählen.</translation>
        </message>
        <message>
            <source>The folder {} is not empty: choose an empty one or a new name.</source>
            <translation>Der Ordner {} ist nicht leer: einen leeren oder einen neuen Namen wählen.</translation>
        </message>
        <message>
            <source>The image {} cannot be read: {}.</source>
            <translation>Das Bild {} ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>The images in {} are gone, or their project: is the drive connected? No image is marked as missing.</source>
            <translation>Die Bilder in {} sind weg oder ihr Projekt: Ist das Laufwerk verbunden? Kein Bild wird als fehlend gekennzeichnet.</translation>
        </message>
        <message>
            <source>The images in {} are too few for {} shares: {}.</source>
            <translation>Die Bilder in {} sind zu wenige für {} Anteile: {}.</translation>
        </message>
        <message>
            <source>The import of {}</source>
            <translation>Der Import von {}</translation>
        </message>
        <message>
            <source>The imported outline or keypoints of 1 box that was moved were left out.</source>
            <translation>Der importierte Umriss oder die Schlüsselpunkte 1 verschobenen Box wurden ausgelassen.</translation>
        </message>
        <message>
            <source>The imported outlines or keypoints of {} boxes that were moved were left out.</source>
            <translation>Die importierten Umrisse oder Schlüsselpunkte von {} verschobenen Boxen wurden ausgelassen.</translation>
        </message>
        <message>
            <source>The list of model versions could not be read</source>
            <translation>Die Liste der Modellversionen konnte nicht gelesen werden</translation>
        </message>
        <message>
            <source>The model disagrees</source>
            <translation>Das Modell widerspricht</translation>
        </message>
        <message>
            <source>The model does not know {}: counted as never found.</source>
            <translation>Das Modell kennt {} nicht: als nie gefunden gezählt.</translation>
        </message>
        <message>
            <source>The model knows none of your categories, so it finds nothing. Only AR@100 says how good it is.</source>
            <translation>Das Modell kennt keine der Kategorien, findet also nichts. Nur AR@100 sagt, wie gut es ist.</translation>
        </message>
        <message>
            <source>The model version could not be changed</source>
            <translation>Die Modellversion konnte nicht geändert werden</translation>
        </message>
        <message>
            <source>The most useful image comes next, or the next one in file order</source>
            <translation>Als Nächstes kommt das nützlichste Bild oder das nächste nach Dateiname</translation>
        </message>
        <message>
            <source>The name of a category has at most {} characters.</source>
            <translation>Der Name einer Kategorie hat höchstens {} Zeichen.</translation>
        </message>
        <message>
            <source>The name, colour, key and threshold of “{}” go. {undo} brings all of it back.</source>
            <translation>Name, Farbe, Taste und Schwelle von „{}“ entfallen. {undo} bringt alles zurück.</translation>
        </message>
        <message>
            <source>The new model version could not be kept</source>
            <translation>Die neue Modellversion konnte nicht gespeichert werden</translation>
        </message>
        <message>
            <source>The new model version is not where it was saved, in {}; train it again.</source>
            <translation>Die neue Modellversion ist nicht da, wo sie gespeichert wurde, in {}; neu trainieren.</translation>
        </message>
        <message>
            <source>The prediction could not be kept</source>
            <translation>Die Vorhersage konnte nicht gespeichert werden</translation>
        </message>
        <message>
            <source>The predictions could not be read</source>
            <translation>Die Vorhersagen konnten nicht gelesen werden</translation>
        </message>
        <message>
            <source>The project cannot be read</source>
            <translation>Das Projekt kann nicht gelesen werden</translation>
        </message>
        <message>
            <source>The project could not be read</source>
            <translation>Das Projekt konnte nicht gelesen werden</translation>
        </message>
        <message>
            <source>The project file {} cannot be opened</source>
            <translation>Die Projektdatei {} kann nicht geöffnet werden</translation>
        </message>
        <message>
            <source>The project file {} cannot be read</source>
            <translation>Die Projektdatei {} kann nicht gelesen werden</translation>
        </message>
        <message>
            <source>The project file {} was not written by Boxwright, or was changed by another program: {}. It was left as it is; restore a backup, or move it away to start a new project.</source>
            <translation>Die Projektdatei {} wurde nicht von Boxwright geschrieben, oder ein anderes Programm hat sie verändert: {}. Sie blieb, wie sie ist; stellen Sie eine Sicherung wieder her, oder verschieben Sie sie, um ein neues Projekt zu beginnen.</translation>
        </message>
        <message>
            <source>The project in {} cannot be locked</source>
            <translation>Das Projekt in {} kann nicht gesperrt werden</translation>
        </message>
        <message>
            <source>The project in {} cannot be locked: its file system knows no locks, and nothing would keep a second writer out. Copy the images to a disk that does, and open them there.</source>
            <translation>Das Projekt in {} lässt sich nicht sperren: sein Dateisystem kennt keine Sperren, und nichts hielte einen Zweiten davon ab, hineinzuschreiben. Die Bilder auf einen Datenträger kopieren, der das kann, und dort öffnen.</translation>
        </message>
        <message>
            <source>The project in {} cannot be read: {}.</source>
            <translation>Das Projekt in {} ist nicht lesbar: {}.</translation>
        </message>
        <message>
            <source>The project in {} could not be repaired</source>
            <translation>Das Projekt in {} konnte nicht repariert werden</translation>
        </message>
        <message>
            <source>The project of these images, in {}, cannot be written now. Make it writable, or copy the whole folder {} to where you may write, and open that.</source>
            <translation>Das Projekt dieser Bilder, in {}, ist derzeit nicht beschreibbar. Beschreibbar machen oder den ganzen Ordner {} an einen beschreibbaren Ort kopieren und dort öffnen.</translation>
        </message>
        <message>
            <source>The project's journal has no entry {}; it cannot be undone or redone.</source>
            <translation>Das Journal des Projekts hat keinen Eintrag {}; er lässt sich weder rückgängig machen noch wiederholen.</translation>
        </message>
        <message>
            <source>The quick part, under a minute as a rule. Go on labeling; nothing changes until it is done.</source>
            <translation>Der schnelle Teil, meist unter einer Minute. Labeln geht weiter; bis zum Ende ändert sich nichts.</translation>
        </message>
        <message>
            <source>The share of {} is a share of another project, not of that in {}.</source>
            <translation>Der Anteil von {} ist ein Anteil eines anderen Projekts, nicht des Projekts in {}.</translation>
        </message>
        <message>
            <source>The share of {} is named twice.</source>
            <translation>Der Anteil von {} ist zweimal genannt.</translation>
        </message>
        <message>
            <source>The shares cannot be in the folder {} itself: their images would be images of the project.</source>
            <translation>Die Anteile können nicht im Ordner {} selbst liegen: Ihre Bilder wären Bilder des Projekts.</translation>
        </message>
        <message>
            <source>The training</source>
            <translation>Das Training</translation>
        </message>
        <message>
            <source>The {} boxes are locked: {lock} unlocks them.</source>
            <translation>Die {} Boxen sind gesperrt: {lock} entsperrt sie.</translation>
        </message>
        <message>
            <source>There is a category called “{}” already; choose another name.</source>
            <translation>Eine Kategorie namens „{}“ gibt es schon; einen anderen Namen wählen.</translation>
        </message>
        <message>
            <source>There is no Version {} in this project any more.</source>
            <translation>Version {} gibt es in diesem Projekt nicht mehr.</translation>
        </message>
        <message>
            <source>There is no action “{}” to have keys.</source>
            <translation>Es gibt keine Aktion „{}“, die Tasten haben könnte.</translation>
        </message>
        <message>
            <source>There is no file or folder {}.</source>
            <translation>Es gibt keine Datei und keinen Ordner {}.</translation>
        </message>
        <message>
            <source>There is no folder {}; choose one that has images in it.</source>
            <translation>Den Ordner {} gibt es nicht; einen mit Bildern wählen.</translation>
        </message>
        <message>
            <source>There is no format {}; there are {}.</source>
            <translation>Es gibt kein Format {}; es gibt {}.</translation>
        </message>
        <message>
            <source>There is no project in {}.</source>
            <translation>In {} gibt es kein Projekt.</translation>
        </message>
        <message>
            <source>This box is locked: {lock} unlocks it · {next-box} next</source>
            <translation>Diese Box ist gesperrt: {lock} entsperrt sie · {next-box} nächste</translation>
        </message>
        <message>
            <source>This model says only where objects are: all categories are measured as one.</source>
            <translation>Dieses Modell sagt nur, wo Objekte sind: Alle Kategorien werden als eine gemessen.</translation>
        </message>
        <message>
            <source>This project is damaged. It is shown as far as it can be read, and nothing in it can be changed. Close it and run `boxwright repair {}`: that makes it good again, and keeps the damaged file.</source>
            <translation>Dieses Projekt ist beschädigt. Es wird gezeigt, soweit es sich lesen lässt, und nichts darin lässt sich ändern. Schließen und „boxwright repair {}“ aufrufen: das bringt es in Ordnung und behält die beschädigte Datei.</translation>
        </message>
        <message>
            <source>This project is open in another Boxwright ({}). Close it there first; two writers would overwrite each other's work.</source>
            <translation>Dieses Projekt ist in einem anderen Boxwright geöffnet ({}). Zuerst dort schließen; zwei würden einander die Arbeit überschreiben.</translation>
        </message>
        <message>
            <source>This round, with {}: {} reviewed; {} added, {} rejected, {} moved, {} given another category.</source>
            <translation>Diese Runde, mit {}: {} geprüft; {} hinzugefügt, {} abgelehnt, {} verschoben, {} mit anderer Kategorie.</translation>
        </message>
        <message>
            <source>This would be done without what is not saved yet ({}): {}</source>
            <translation>Das geschähe ohne das, was noch nicht gespeichert ist ({}): {}</translation>
        </message>
        <message>
            <source>Toolbar</source>
            <translation>Werkzeugleiste</translation>
        </message>
        <message>
            <source>Two shares cannot have the same name.</source>
            <translation>Zwei Anteile können nicht denselben Namen haben.</translation>
        </message>
        <message>
            <source>Undo {}</source>
            <translation>Rückgängig: {}</translation>
        </message>
        <message>
            <source>Unreadable</source>
            <translation>Unlesbar</translation>
        </message>
        <message>
            <source>Unreviewed</source>
            <translation>Ungeprüft</translation>
        </message>
        <message>
            <source>Unsure</source>
            <translation>Unsicher</translation>
        </message>
        <message>
            <source>V{}</source>
            <translation>V{}</translation>
        </message>
        <message>
            <source>What could be read makes no good project: {}.</source>
            <translation>Aus dem, was sich lesen ließ, wird kein gutes Projekt: {}.</translation>
        </message>
        <message>
            <source>What may be done to the box</source>
            <translation>Was mit der Box getan werden kann</translation>
        </message>
        <message>
            <source>What the categories of the model mean could not be kept</source>
            <translation>Die Zuordnung der Kategorien des Modells konnte nicht gespeichert werden</translation>
        </message>
        <message>
            <source>What the detector calls “{}” is suggested as “{}” from now on; nothing is detected again.</source>
            <translation>Was der Detektor „{}“ nennt, wird von nun an als „{}“ vorgeschlagen; nichts wird neu detektiert.</translation>
        </message>
        <message>
            <source>What the detector said could not be kept.</source>
            <translation>Die Angaben des Detektors konnten nicht gespeichert werden.</translation>
        </message>
        <message>
            <source>What the detector says</source>
            <translation>Was der Detektor sagt</translation>
        </message>
        <message>
            <source>What this was about has changed in the meantime. Nothing was done: do it once more.</source>
            <translation>Worum es hier ging, hat sich inzwischen geändert. Nichts wurde getan: bitte noch einmal.</translation>
        </message>
        <message>
            <source>What was merged could not be read</source>
            <translation>Was zusammengeführt wurde, konnte nicht gelesen werden</translation>
        </message>
        <message>
            <source>Where the detector suggests “{}”, it goes on doing so; accepting one makes the category anew. “Match the model's categories…” can ignore it.</source>
            <translation>Wo der Detektor „{}“ vorschlägt, tut er es weiterhin; Annehmen legt die Kategorie neu an. Mit „Kategorien des Modells zuordnen…“ lässt sie sich ignorieren.</translation>
        </message>
        <message>
            <source>Whole</source>
            <translation>Ganz</translation>
        </message>
        <message>
            <source>Whole detector</source>
            <translation>Ganzer Detektor</translation>
        </message>
        <message>
            <source>With proposals shown: a larger or smaller box</source>
            <translation>Mit gezeigten Regionen: eine größere oder kleinere Box</translation>
        </message>
        <message>
            <source>XML files that are no annotations of VOC and were left out: {}.</source>
            <translation>XML-Dateien, die keine VOC-Annotationen sind und wegblieben: {}.</translation>
        </message>
        <message>
            <source>YOLO programs look for the images in {}, in the sub-folders that the text files have.</source>
            <translation>YOLO-Programme suchen die Bilder in {}, in den Unterordnern, die die Textdateien haben.</translation>
        </message>
        <message>
            <source>You have reviewed enough images for the detector to learn from: {fine-tune} teaches it while you go on.</source>
            <translation>Genug Bilder sind geprüft, dass der Detektor daraus lernen kann: {fine-tune} bringt es ihm bei, während die Arbeit weitergeht.</translation>
        </message>
        <message>
            <source>Your first box. {move} move it and {push} push its sides, and so does the pointer; {undo} takes back anything, at any time.</source>
            <translation>Die erste Box. {move} verschieben sie und {push} schieben ihre Seiten, ebenso die Maus; {undo} nimmt jederzeit alles zurück.</translation>
        </message>
        <message>
            <source>Zoom at the pointer</source>
            <translation>Zoom am Mauszeiger</translation>
        </message>
        <message>
            <source>a box of this category</source>
            <translation>eine Box dieser Kategorie</translation>
        </message>
        <message>
            <source>a box that came from this model version</source>
            <translation>eine Box, die aus dieser Modellversion stammt</translation>
        </message>
        <message>
            <source>a few seconds left</source>
            <translation>noch wenige Sekunden</translation>
        </message>
        <message>
            <source>a number looks like 3, &gt;3, &lt;=3 or 3..5</source>
            <translation>eine Zahl sieht aus wie 3, &gt;3, &lt;=3 oder 3..5</translation>
        </message>
        <message>
            <source>a number such as 0, &gt;0 or 2..5</source>
            <translation>eine Zahl wie 0, &gt;0 oder 2..5</translation>
        </message>
        <message>
            <source>a pattern ends with a / and a space; a name with a / in the first place goes in quotes, "/like this"</source>
            <translation>ein Muster endet mit / und einem Leerzeichen; ein Name, der mit / beginnt, steht in Anführungszeichen, "/wie hier"</translation>
        </message>
        <message>
            <source>a pattern has at most {} characters</source>
            <translation>ein Muster hat höchstens {} Zeichen</translation>
        </message>
        <message>
            <source>a range of scores looks like 0.3..0.6, [0.3,0.6), &gt;=0.3 or &lt;0.6</source>
            <translation>ein Bereich der Konfidenz sieht aus wie 0.3..0.6, [0.3,0.6), &gt;=0.3 oder &lt;0.6</translation>
        </message>
        <message>
            <source>a range such as 0.3..0.6, [0.3,0.6), &gt;=0.3 or &lt;0.6</source>
            <translation>ein Bereich wie 0.3..0.6, [0.3,0.6), &gt;=0.3 oder &lt;0.6</translation>
        </message>
        <message>
            <source>a repeated group holds a repeat or a choice, which could take for ever</source>
            <translation>eine wiederholte Gruppe enthält eine Wiederholung oder Auswahl, was ewig dauern könnte</translation>
        </message>
        <message>
            <source>a row of the table {} belongs to nothing in the table {}</source>
            <translation>eine Zeile der Tabelle {} gehört zu nichts in der Tabelle {}</translation>
        </message>
        <message>
            <source>a score lies between 0 and 1</source>
            <translation>eine Konfidenz liegt zwischen 0 und 1</translation>
        </message>
        <message>
            <source>a value of {} in the table {} is not possible</source>
            <translation>ein Wert von {} in der Tabelle {} ist nicht möglich</translation>
        </message>
        <message>
            <source>about {} min left</source>
            <translation>noch etwa {} min</translation>
        </message>
        <message>
            <source>about {} s left</source>
            <translation>noch etwa {} s</translation>
        </message>
        <message>
            <source>accept {}</source>
            <translation>{} annehmen</translation>
        </message>
        <message>
            <source>accept {} as {}</source>
            <translation>{} als {} annehmen</translation>
        </message>
        <message>
            <source>add category {}</source>
            <translation>Kategorie {} hinzufügen</translation>
        </message>
        <message>
            <source>after the colon comes 1, true, 0 or false</source>
            <translation>nach dem Doppelpunkt kommt 1, true, 0 oder false</translation>
        </message>
        <message>
            <source>after the colon comes {}</source>
            <translation>nach dem Doppelpunkt kommt {}</translation>
        </message>
        <message>
            <source>after the minus comes what is not wanted</source>
            <translation>nach dem Minus kommt, was nicht gewünscht ist</translation>
        </message>
        <message>
            <source>an undecided suggestion of such a score; or [0.3,0.6), &gt;=0.5</source>
            <translation>ein offener Vorschlag dieser Konfidenz; oder [0.3,0.6), &gt;=0.5</translation>
        </message>
        <message>
            <source>an undecided suggestion of this category below 0.6</source>
            <translation>ein offener Vorschlag dieser Kategorie unter 0.6</translation>
        </message>
        <message>
            <source>annotation {} has category {}, which the project lacks.</source>
            <translation>Annotation {} hat die Kategorie {}, die das Projekt nicht hat.</translation>
        </message>
        <message>
            <source>another machine</source>
            <translation>anderer Rechner</translation>
        </message>
        <message>
            <source>another program has locked it.</source>
            <translation>ein anderes Programm hat die Datei gesperrt.</translation>
        </message>
        <message>
            <source>arrows</source>
            <translation>Pfeile</translation>
        </message>
        <message>
            <source>attributes of other programs</source>
            <translation>Attribute anderer Programme</translation>
        </message>
        <message>
            <source>authors</source>
            <translation>Urheber</translation>
        </message>
        <message>
            <source>backbone by {}</source>
            <translation>Backbone von {}</translation>
        </message>
        <message>
            <source>box</source>
            <translation>Box</translation>
        </message>
        <message>
            <source>box {} does not lie in the image of {} x {}.</source>
            <translation>Box {} liegt nicht im Bild von {} x {}.</translation>
        </message>
        <message>
            <source>boxes and detections differ</source>
            <translation>Boxen und Detektionen unterscheiden sich</translation>
        </message>
        <message>
            <source>boxes that no detection has</source>
            <translation>Boxen ohne Detektion</translation>
        </message>
        <message>
            <source>cannot be read</source>
            <translation>nicht lesbar</translation>
        </message>
        <message>
            <source>comes with Boxwright</source>
            <translation>kommt mit Boxwright</translation>
        </message>
        <message>
            <source>copy the previous image's boxes</source>
            <translation>Boxen des vorigen Bildes kopieren</translation>
        </message>
        <message>
            <source>crowd</source>
            <translation>Menge</translation>
        </message>
        <message>
            <source>crowds, which look like single objects there</source>
            <translation>Mengen, die dort wie einzelne Objekte aussehen</translation>
        </message>
        <message>
            <source>d MMM</source>
            <translation>d. MMM</translation>
        </message>
        <message>
            <source>delete category {}</source>
            <translation>Kategorie {} löschen</translation>
        </message>
        <message>
            <source>delete {}</source>
            <translation>{} löschen</translation>
        </message>
        <message>
            <source>detections that no box has</source>
            <translation>Detektionen ohne Box</translation>
        </message>
        <message>
            <source>difficult</source>
            <translation>schwierig</translation>
        </message>
        <message>
            <source>down</source>
            <translation>unten</translation>
        </message>
        <message>
            <source>downloaded</source>
            <translation>heruntergeladen</translation>
        </message>
        <message>
            <source>draw {}</source>
            <translation>{} zeichnen</translation>
        </message>
        <message>
            <source>duplicate box</source>
            <translation>Box duplizieren</translation>
        </message>
        <message>
            <source>duplicate {} boxes</source>
            <translation>{} Boxen duplizieren</translation>
        </message>
        <message>
            <source>extra: {} {}</source>
            <translation>zusätzlich: {} {}</translation>
        </message>
        <message>
            <source>file</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>fit box</source>
            <translation>Box anpassen</translation>
        </message>
        <message>
            <source>flag as unsure</source>
            <translation>als unsicher markieren</translation>
        </message>
        <message>
            <source>head</source>
            <translation>Kopf</translation>
        </message>
        <message>
            <source>images flagged as unsure</source>
            <translation>als unsicher markierte Bilder</translation>
        </message>
        <message>
            <source>images that are not reviewed, which look like the others there</source>
            <translation>ungeprüfte Bilder, die dort wie die anderen aussehen</translation>
        </message>
        <message>
            <source>import {}</source>
            <translation>{} importieren</translation>
        </message>
        <message>
            <source>it has more than {} repeats, which could take for ever</source>
            <translation>es hat mehr als {} Wiederholungen, was ewig dauern könnte</translation>
        </message>
        <message>
            <source>it has no object “data”</source>
            <translation>sie hat kein Objekt „data“</translation>
        </message>
        <message>
            <source>it is damaged ({}). It was left as it is; `boxwright repair` says what can be saved.</source>
            <translation>sie ist beschädigt ({}). Sie blieb, wie sie ist; „boxwright repair“ sagt, was sich retten lässt.</translation>
        </message>
        <message>
            <source>it is more than can be written in one step. Import it in parts.</source>
            <translation>es ist mehr, als in einem Schritt geschrieben werden kann. In Teilen importieren.</translation>
        </message>
        <message>
            <source>it is no JSON object</source>
            <translation>es ist kein JSON-Objekt</translation>
        </message>
        <message>
            <source>it may not be written ({}). Check the permissions of the folder.</source>
            <translation>sie ist schreibgeschützt ({}). Die Rechte des Ordners prüfen.</translation>
        </message>
        <message>
            <source>it names no image</source>
            <translation>kein Bild ist genannt</translation>
        </message>
        <message>
            <source>its box ({}) is not four finite numbers with a width and a height</source>
            <translation>die Box ({}) besteht nicht aus vier endlichen Zahlen mit einer Breite und einer Höhe</translation>
        </message>
        <message>
            <source>its data name no image, or several</source>
            <translation>die Daten nennen kein Bild oder mehrere</translation>
        </message>
        <message>
            <source>its image was turned in Label Studio: turn it back there and export again</source>
            <translation>das Bild wurde in Label Studio gedreht: dort zurückdrehen und noch einmal exportieren</translation>
        </message>
        <message>
            <source>its label is {}, not a name</source>
            <translation>das Label ist {}, kein Name</translation>
        </message>
        <message>
            <source>its process is not known</source>
            <translation>der Prozess ist nicht bekannt</translation>
        </message>
        <message>
            <source>its width and height are no numbers of pixels; those of the image are taken</source>
            <translation>Breite und Höhe sind keine Pixelzahlen; die des Bildes gelten</translation>
        </message>
        <message>
            <source>left</source>
            <translation>links</translation>
        </message>
        <message>
            <source>lock {}</source>
            <translation>{} sperren</translation>
        </message>
        <message>
            <source>locked</source>
            <translation>gesperrt</translation>
        </message>
        <message>
            <source>locks</source>
            <translation>Sperren</translation>
        </message>
        <message>
            <source>looking at the images</source>
            <translation>Bilder werden untersucht</translation>
        </message>
        <message>
            <source>loose: {} IoU {}</source>
            <translation>ungenau: {} IoU {}</translation>
        </message>
        <message>
            <source>mark reviewed</source>
            <translation>als geprüft markieren</translation>
        </message>
        <message>
            <source>mark unreviewed</source>
            <translation>als ungeprüft markieren</translation>
        </message>
        <message>
            <source>mark {} as not {}</source>
            <translation>{} als nicht {} markieren</translation>
        </message>
        <message>
            <source>mark {} as {}</source>
            <translation>{} als {} markieren</translation>
        </message>
        <message>
            <source>measured on {} held out</source>
            <translation>zum Messen zurückgehalten: {}</translation>
        </message>
        <message>
            <source>merge the share of {}</source>
            <translation>den Anteil von {} zurückholen</translation>
        </message>
        <message>
            <source>merge {} into {}</source>
            <translation>{} mit {} zusammenführen</translation>
        </message>
        <message>
            <source>missed: {}</source>
            <translation>übersehen: {}</translation>
        </message>
        <message>
            <source>models folder</source>
            <translation>Modellordner</translation>
        </message>
        <message>
            <source>move category {}</source>
            <translation>Kategorie {} verschieben</translation>
        </message>
        <message>
            <source>move group {}</source>
            <translation>Gruppe {} verschieben</translation>
        </message>
        <message>
            <source>move {}</source>
            <translation>{} verschieben</translation>
        </message>
        <message>
            <source>names that a regular expression is found in</source>
            <translation>Namen, in denen ein regulärer Ausdruck vorkommt</translation>
        </message>
        <message>
            <source>names with “bolt”, in any case</source>
            <translation>Namen mit „bolt“, groß oder klein</translation>
        </message>
        <message>
            <source>no annotation is selected</source>
            <translation>keine Annotation ist gewählt</translation>
        </message>
        <message>
            <source>no box is selected</source>
            <translation>keine Box ist gewählt</translation>
        </message>
        <message>
            <source>no box; or boxes:&gt;10, boxes:2..5</source>
            <translation>keine Box; oder boxes:&gt;10, boxes:2..5</translation>
        </message>
        <message>
            <source>no differences</source>
            <translation>keine Unterschiede</translation>
        </message>
        <message>
            <source>no fine-tune is under way</source>
            <translation>kein Nachtraining läuft</translation>
        </message>
        <message>
            <source>no image is shown</source>
            <translation>kein Bild wird gezeigt</translation>
        </message>
        <message>
            <source>no objects</source>
            <translation>keine Objekte</translation>
        </message>
        <message>
            <source>no project is open</source>
            <translation>kein Projekt ist offen</translation>
        </message>
        <message>
            <source>no score lies in there</source>
            <translation>darin liegt keine Konfidenz</translation>
        </message>
        <message>
            <source>no suggestion is selected</source>
            <translation>kein Vorschlag ist gewählt</translation>
        </message>
        <message>
            <source>no suggestion is shown</source>
            <translation>kein Vorschlag wird gezeigt</translation>
        </message>
        <message>
            <source>no suggestions</source>
            <translation>keine Vorschläge</translation>
        </message>
        <message>
            <source>none held out</source>
            <translation>keine zurückgehalten</translation>
        </message>
        <message>
            <source>not all images are being detected</source>
            <translation>es werden nicht alle Bilder detektiert</translation>
        </message>
        <message>
            <source>not downloaded</source>
            <translation>nicht heruntergeladen</translation>
        </message>
        <message>
            <source>not in the folder</source>
            <translation>nicht im Ordner</translation>
        </message>
        <message>
            <source>not measured</source>
            <translation>nicht gemessen</translation>
        </message>
        <message>
            <source>not measured yet</source>
            <translation>noch nicht gemessen</translation>
        </message>
        <message>
            <source>not now</source>
            <translation>jetzt nicht</translation>
        </message>
        <message>
            <source>notes</source>
            <translation>Notizen</translation>
        </message>
        <message>
            <source>nothing is being measured</source>
            <translation>keine Messung läuft</translation>
        </message>
        <message>
            <source>nothing is left to redo</source>
            <translation>nichts mehr zu wiederholen</translation>
        </message>
        <message>
            <source>nothing is left to undo</source>
            <translation>nichts mehr rückgängig zu machen</translation>
        </message>
        <message>
            <source>nudge {}</source>
            <translation>{} schrittweise verschieben</translation>
        </message>
        <message>
            <source>occluded</source>
            <translation>verdeckt</translation>
        </message>
        <message>
            <source>of 1 category</source>
            <translation>aus 1 Kategorie</translation>
        </message>
        <message>
            <source>of {} categories</source>
            <translation>aus {} Kategorien</translation>
        </message>
        <message>
            <source>on 1 image</source>
            <translation>auf 1 Bild</translation>
        </message>
        <message>
            <source>on {} images</source>
            <translation>auf {} Bildern</translation>
        </message>
        <message>
            <source>one change</source>
            <translation>eine Änderung</translation>
        </message>
        <message>
            <source>or accepted, moved, relabelled, imported</source>
            <translation>oder accepted, moved, relabelled, imported</translation>
        </message>
        <message>
            <source>or occluded, truncated, crowd, locked, note</source>
            <translation>oder occluded, truncated, crowd, locked, note</translation>
        </message>
        <message>
            <source>or reviewed, empty, unsure, missing, unreadable</source>
            <translation>oder reviewed, empty, unsure, missing, unreadable</translation>
        </message>
        <message>
            <source>outlines</source>
            <translation>Umrisse</translation>
        </message>
        <message>
            <source>pairs that overlap, but not well</source>
            <translation>Paare, die sich überlappen, aber nicht gut</translation>
        </message>
        <message>
            <source>paste boxes</source>
            <translation>Boxen einfügen</translation>
        </message>
        <message>
            <source>push bottom side of {}</source>
            <translation>untere Seite schieben: {}</translation>
        </message>
        <message>
            <source>push left side of {}</source>
            <translation>linke Seite schieben: {}</translation>
        </message>
        <message>
            <source>push right side of {}</source>
            <translation>rechte Seite schieben: {}</translation>
        </message>
        <message>
            <source>push top side of {}</source>
            <translation>obere Seite schieben: {}</translation>
        </message>
        <message>
            <source>put {} into {}</source>
            <translation>{} in {} einordnen</translation>
        </message>
        <message>
            <source>recolour {}</source>
            <translation>{} umfärben</translation>
        </message>
        <message>
            <source>regions only</source>
            <translation>nur Regionen</translation>
        </message>
        <message>
            <source>reject {}</source>
            <translation>{} ablehnen</translation>
        </message>
        <message>
            <source>rejected suggestions</source>
            <translation>abgelehnte Vorschläge</translation>
        </message>
        <message>
            <source>relabel to {}</source>
            <translation>zu {} ändern</translation>
        </message>
        <message>
            <source>relabel {} to {}</source>
            <translation>{} zu {} ändern</translation>
        </message>
        <message>
            <source>remove the note of {}</source>
            <translation>Notiz entfernen: {}</translation>
        </message>
        <message>
            <source>rename {} to {}</source>
            <translation>{} in {} umbenennen</translation>
        </message>
        <message>
            <source>reviewed</source>
            <translation>geprüft</translation>
        </message>
        <message>
            <source>reviewed, but most of what the detector sees has no box</source>
            <translation>geprüft, aber das meiste, was der Detektor sieht, hat keine Box</translation>
        </message>
        <message>
            <source>reviewed, no objects</source>
            <translation>geprüft, keine Objekte</translation>
        </message>
        <message>
            <source>right</source>
            <translation>rechts</translation>
        </message>
        <message>
            <source>see below</source>
            <translation>siehe unten</translation>
        </message>
        <message>
            <source>set the score threshold of {}</source>
            <translation>Konfidenzschwelle von {} setzen</translation>
        </message>
        <message>
            <source>so many of them; or &lt;3, =0, =2..5</source>
            <translation>so viele davon; oder &lt;3, =0, =2..5</translation>
        </message>
        <message>
            <source>so many undecided suggestions</source>
            <translation>so viele offene Vorschläge</translation>
        </message>
        <message>
            <source>somebody</source>
            <translation>jemand</translation>
        </message>
        <message>
            <source>something that was lost</source>
            <translation>etwas, das verloren ging</translation>
        </message>
        <message>
            <source>suggestions that became boxes</source>
            <translation>Vorschläge, die zu Boxen wurden</translation>
        </message>
        <message>
            <source>supercategories</source>
            <translation>Oberkategorien</translation>
        </message>
        <message>
            <source>take the detector's box</source>
            <translation>Box des Detektors übernehmen</translation>
        </message>
        <message>
            <source>take the flag away</source>
            <translation>Markierung entfernen</translation>
        </message>
        <message>
            <source>take the next proposal</source>
            <translation>nächste Region nehmen</translation>
        </message>
        <message>
            <source>take {} out of {}</source>
            <translation>{} aus {} herausnehmen</translation>
        </message>
        <message>
            <source>the closing " is missing</source>
            <translation>das schließende " fehlt</translation>
        </message>
        <message>
            <source>the disk does not answer.</source>
            <translation>der Datenträger antwortet nicht.</translation>
        </message>
        <message>
            <source>the disk is full. Free some space and try again.</source>
            <translation>der Datenträger ist voll. Platz schaffen und erneut versuchen.</translation>
        </message>
        <message>
            <source>the folder {} has an image of that name in another place only, and that is another image.</source>
            <translation>der Ordner {} hat nur an anderer Stelle ein Bild dieses Namens, und das ist ein anderes Bild.</translation>
        </message>
        <message>
            <source>the folder {} has no image of that name.</source>
            <translation>der Ordner {} hat kein Bild dieses Namens.</translation>
        </message>
        <message>
            <source>the folder {} has several images of that name.</source>
            <translation>der Ordner {} hat mehrere Bilder dieses Namens.</translation>
        </message>
        <message>
            <source>the image {} was in {} already; only that is read</source>
            <translation>das Bild {} war schon in {}; nur das wird gelesen</translation>
        </message>
        <message>
            <source>the name of a category</source>
            <translation>der Name einer Kategorie</translation>
        </message>
        <message>
            <source>the name of a category, and how many boxes it has: bolt, bolt&gt;=3</source>
            <translation>der Name einer Kategorie und wie viele Boxen sie hat: bolt, bolt&gt;=3</translation>
        </message>
        <message>
            <source>the name of a model version, or a part of it</source>
            <translation>der Name einer Modellversion oder ein Teil davon</translation>
        </message>
        <message>
            <source>the project on the disk is not the one that was open: somebody changed it.</source>
            <translation>das Projekt auf dem Datenträger ist nicht das, das geöffnet war: jemand hat es geändert.</translation>
        </message>
        <message>
            <source>the size of its image is not known</source>
            <translation>die Größe des Bildes ist unbekannt</translation>
        </message>
        <message>
            <source>the table {} has not the one row that it needs</source>
            <translation>die Tabelle {} hat nicht die eine Zeile, die sie braucht</translation>
        </message>
        <message>
            <source>the twelfth image of the folder</source>
            <translation>das zwölfte Bild des Ordners</translation>
        </message>
        <message>
            <source>the {} {!r} is not as Boxwright makes it</source>
            <translation>{} {!r} ist nicht so, wie Boxwright es macht</translation>
        </message>
        <message>
            <source>there is no image {}</source>
            <translation>es gibt kein Bild {}</translation>
        </message>
        <message>
            <source>there is no such number</source>
            <translation>eine solche Zahl gibt es nicht</translation>
        </message>
        <message>
            <source>this is empty</source>
            <translation>dies ist leer</translation>
        </message>
        <message>
            <source>this is not a regular expression: {}</source>
            <translation>dies ist kein regulärer Ausdruck: {}</translation>
        </message>
        <message>
            <source>trained in this project</source>
            <translation>in diesem Projekt trainiert</translation>
        </message>
        <message>
            <source>truncated</source>
            <translation>abgeschnitten</translation>
        </message>
        <message>
            <source>twice: {}</source>
            <translation>doppelt: {}</translation>
        </message>
        <message>
            <source>unlock {}</source>
            <translation>{} entsperren</translation>
        </message>
        <message>
            <source>unreadable</source>
            <translation>nicht lesbar</translation>
        </message>
        <message>
            <source>unreviewed</source>
            <translation>ungeprüft</translation>
        </message>
        <message>
            <source>unsure</source>
            <translation>unsicher</translation>
        </message>
        <message>
            <source>up</source>
            <translation>oben</translation>
        </message>
        <message>
            <source>whole detector</source>
            <translation>ganzer Detektor</translation>
        </message>
        <message>
            <source>with a space between them</source>
            <translation>mit einem Leerzeichen dazwischen</translation>
        </message>
        <message>
            <source>write a note on {}</source>
            <translation>Notiz schreiben: {}</translation>
        </message>
        <message>
            <source>{!r} has a character that XML does not know.</source>
            <translation>{!r} hat ein Zeichen, das XML nicht kennt.</translation>
        </message>
        <message>
            <source>{!r} leads out of the folder, on Windows at least: rename it to get a file for it.</source>
            <translation>{!r} führt aus dem Ordner hinaus, zumindest unter Windows: Benennen Sie es um, damit es eine Datei bekommt.</translation>
        </message>
        <message>
            <source>{draw} draws a box · {proposals} shows proposals · {reviewed}: reviewed, go on · {keys} all keys</source>
            <translation>{draw} zeichnet eine Box · {proposals} zeigt Regionen · {reviewed}: geprüft, weiter · {keys} alle Tasten</translation>
        </message>
        <message>
            <source>{move} move · {push} push a side · {category-1}–{category-9} choose its category · {delete} deletes</source>
            <translation>{move} verschieben · {push} eine Seite schieben · {category-1}–{category-9} wählen die Kategorie · {delete} löscht</translation>
        </message>
        <message>
            <source>{next-box} goes through what you and the detector differ about · {differences} shows all boxes again</source>
            <translation>{next-box} geht durch die Unterschiede zum Detektor · {differences} zeigt wieder alle Boxen</translation>
        </message>
        <message>
            <source>{undo} brings all of it back.</source>
            <translation>{undo} bringt alles zurück.</translation>
        </message>
        <message>
            <source>{} On {} held out of its training it reached AP50 {}.</source>
            <translation>{} Aus dem Training zurückgehalten: {}; dort erreichte sie AP50 {}.</translation>
        </message>
        <message>
            <source>{} active</source>
            <translation>{} aktiv</translation>
        </message>
        <message>
            <source>{} and {}</source>
            <translation>{} und {}</translation>
        </message>
        <message>
            <source>{} and {} more</source>
            <translation>{} und {} weitere</translation>
        </message>
        <message>
            <source>{} annotations</source>
            <translation>{} Annotationen</translation>
        </message>
        <message>
            <source>{} are locked</source>
            <translation>{} sind gesperrt</translation>
        </message>
        <message>
            <source>{} begun</source>
            <translation>{} begonnen</translation>
        </message>
        <message>
            <source>{} boxes</source>
            <translation>{} Boxen</translation>
        </message>
        <message>
            <source>{} boxes an active hour</source>
            <translation>{} Boxen je aktive Stunde</translation>
        </message>
        <message>
            <source>{} boxes selected · {move} and drags move all · {category-1}–{category-9} choose their category · {lock} locks · {delete} deletes · {reject} deselects</source>
            <translation>{} Boxen ausgewählt · {move} und Ziehen verschieben alle · {category-1}–{category-9} wählen die Kategorie · {lock} sperrt · {delete} löscht · {reject} hebt die Auswahl auf</translation>
        </message>
        <message>
            <source>{} cannot be linked ({}): export with copies of the images instead.</source>
            <translation>{} lässt sich nicht verknüpfen ({}): stattdessen mit Kopien der Bilder exportieren.</translation>
        </message>
        <message>
            <source>{} cannot be read as text: {}.</source>
            <translation>{} lässt sich nicht als Text lesen: {}.</translation>
        </message>
        <message>
            <source>{} cannot name these categories, which are lost where no box has them: {}.</source>
            <translation>{} kann diese Kategorien nicht nennen; sie gehen verloren, wo keine Box sie hat: {}.</translation>
        </message>
        <message>
            <source>{} changes</source>
            <translation>{} Änderungen</translation>
        </message>
        <message>
            <source>{} changes are not saved yet: {} They stay here, and are saved as soon as that is possible.</source>
            <translation>{} Änderungen sind noch nicht gespeichert: {} Sie bleiben hier und werden gespeichert, sobald das möglich ist.</translation>
        </message>
        <message>
            <source>{} corrections per image</source>
            <translation>{} Korrekturen je Bild</translation>
        </message>
        <message>
            <source>{} corrections per image this round</source>
            <translation>{} Korrekturen je Bild in dieser Runde</translation>
        </message>
        <message>
            <source>{} could not be deleted</source>
            <translation>{} konnte nicht gelöscht werden</translation>
        </message>
        <message>
            <source>{} could not be read</source>
            <translation>{} konnte nicht gelesen werden</translation>
        </message>
        <message>
            <source>{} could not be written</source>
            <translation>{} konnte nicht geschrieben werden</translation>
        </message>
        <message>
            <source>{} could not be written, and the earlier export could not be put back: rename {} yourself</source>
            <translation>{} konnte nicht geschrieben und der frühere Export nicht zurückgebracht werden: benennen Sie {} selbst um</translation>
        </message>
        <message>
            <source>{} doubtful boxes</source>
            <translation>{} zweifelhafte Boxen</translation>
        </message>
        <message>
            <source>{} extra</source>
            <translation>{} zusätzlich</translation>
        </message>
        <message>
            <source>{} failed because of a fault in Boxwright ({}); the log has the details.</source>
            <translation>{} ist an einem Fehler in Boxwright gescheitert ({}); das Protokoll hat die Einzelheiten.</translation>
        </message>
        <message>
            <source>{} h</source>
            <translation>{} h</translation>
        </message>
        <message>
            <source>{} h {} min</source>
            <translation>{} h {} min</translation>
        </message>
        <message>
            <source>{} has no place for these, which stay in the project: {}.</source>
            <translation>{} hat keinen Platz für dies, das im Projekt bleibt: {}.</translation>
        </message>
        <message>
            <source>{} holds no annotations that Boxwright can read: it is none of {}.</source>
            <translation>{} enthält keine Annotationen, die Boxwright lesen kann: Es ist nichts davon: {}.</translation>
        </message>
        <message>
            <source>{} images</source>
            <translation>{} Bilder</translation>
        </message>
        <message>
            <source>{} images are not in the folder now: </source>
            <translation>{} Bilder sind derzeit nicht im Ordner: </translation>
        </message>
        <message>
            <source>{} images are reviewed.</source>
            <translation>{} Bilder sind geprüft.</translation>
        </message>
        <message>
            <source>{} images are turned by their EXIF orientation</source>
            <translation>{} Bilder sind durch ihre EXIF-Ausrichtung gedreht</translation>
        </message>
        <message>
            <source>{} images have other sizes than when their boxes were drawn; open them and check these: </source>
            <translation>{} Bilder haben andere Größen als beim Zeichnen ihrer Boxen; öffnen und prüfen: </translation>
        </message>
        <message>
            <source>{} images that are not reviewed were left out.</source>
            <translation>{} ungeprüfte Bilder wurden ausgelassen.</translation>
        </message>
        <message>
            <source>{} is a link among the images that leads out of them, to {}: name that file itself.</source>
            <translation>{} ist eine Verknüpfung zwischen den Bildern, die aus ihnen hinausführt, zu {}: diese Datei selbst nennen.</translation>
        </message>
        <message>
            <source>{} is a link to another place, where a project that came from somebody else could read, write and delete files. Delete the link, or put there what it leads to.</source>
            <translation>{} ist eine Verknüpfung an einen anderen Ort, wo ein Projekt, das von jemand anderem kommt, Dateien lesen, schreiben und löschen könnte. Löschen Sie die Verknüpfung, oder legen Sie dorthin, worauf sie zeigt.</translation>
        </message>
        <message>
            <source>{} is a list of results in COCO's form, which names no images: a dataset in COCO JSON does.</source>
            <translation>{} ist eine Liste von Ergebnissen in der Form von COCO, die keine Bilder nennt: Ein Datensatz in COCO JSON tut das.</translation>
        </message>
        <message>
            <source>{} is an archive: unpack it first, and name what was in it.</source>
            <translation>{} ist ein Archiv: zuerst entpacken und angeben, was darin war.</translation>
        </message>
        <message>
            <source>{} is an image, a model or a database already: choose another name for the export.</source>
            <translation>{} ist schon ein Bild, ein Modell oder eine Datenbank: den Export anders nennen.</translation>
        </message>
        <message>
            <source>{} is damaged, and nothing of it can be read. `boxwright repair` looks for a backup.</source>
            <translation>{} ist beschädigt, und nichts davon lässt sich lesen. „boxwright repair“ sucht nach einer Sicherung.</translation>
        </message>
        <message>
            <source>{} is empty: get the share anew from whoever worked on it.</source>
            <translation>{} ist leer: Holen Sie den Anteil noch einmal von dem, der daran gearbeitet hat.</translation>
        </message>
        <message>
            <source>{} is in use. Go back to another version before you delete it.</source>
            <translation>{} wird gerade verwendet. Vor dem Löschen zu einer anderen Version zurückkehren.</translation>
        </message>
        <message>
            <source>{} is neither a file nor a folder.</source>
            <translation>{} ist weder eine Datei noch ein Ordner.</translation>
        </message>
        <message>
            <source>{} is no image but a file of the project: nothing was split.</source>
            <translation>{} ist kein Bild, sondern eine Datei des Projekts: Nichts wurde aufgeteilt.</translation>
        </message>
        <message>
            <source>{} is no share of a project: `boxwright split` makes them.</source>
            <translation>{} ist kein Anteil eines Projekts: `boxwright split` macht sie.</translation>
        </message>
        <message>
            <source>{} is not CVAT XML: it begins with &lt;{}&gt;.</source>
            <translation>{} ist kein CVAT-XML: Es beginnt mit &lt;{}&gt;.</translation>
        </message>
        <message>
            <source>{} is not a file of Boxwright. It was left as it is; move it away to start a new project.</source>
            <translation>{} ist keine Datei von Boxwright. Sie blieb, wie sie ist; wegräumen, um ein neues Projekt zu beginnen.</translation>
        </message>
        <message>
            <source>{} is not a file of labelme: it has no list “shapes”.</source>
            <translation>{} ist keine Datei von labelme: Sie hat keine Liste „shapes“.</translation>
        </message>
        <message>
            <source>{} is not a file. Move it away and open the project again.</source>
            <translation>{} ist keine Datei. Verschieben Sie es und öffnen Sie das Projekt noch einmal.</translation>
        </message>
        <message>
            <source>{} is not a folder. Move it away and open the project again.</source>
            <translation>{} ist kein Ordner. Verschieben Sie es und öffnen Sie das Projekt noch einmal.</translation>
        </message>
        <message>
            <source>{} is not a folder: choose another place for the export.</source>
            <translation>{} ist kein Ordner: einen anderen Ort für den Export wählen.</translation>
        </message>
        <message>
            <source>{} is not a folder: choose another place for the shares.</source>
            <translation>{} ist kein Ordner: Wählen Sie einen anderen Ort für die Anteile.</translation>
        </message>
        <message>
            <source>{} is not an export of Label Studio: it holds no list of tasks.</source>
            <translation>{} ist kein Export von Label Studio: Die Datei enthält keine Liste von Aufgaben.</translation>
        </message>
        <message>
            <source>{} is not in the folder and its size was never read.</source>
            <translation>{} ist nicht im Ordner, und die Größe wurde nie gelesen.</translation>
        </message>
        <message>
            <source>{} is not the JSON export of Label Studio, maybe its JSON-MIN: export it as “JSON” again.</source>
            <translation>{} ist nicht der JSON-Export von Label Studio, vielleicht JSON-MIN: noch einmal als „JSON“ exportieren.</translation>
        </message>
        <message>
            <source>{} is not there now.</source>
            <translation>{} ist jetzt nicht da.</translation>
        </message>
        <message>
            <source>{} is not there: without it nobody can tell what was done in the share.</source>
            <translation>{} ist nicht da: Ohne diese Datei weiß niemand, was in dem Anteil getan wurde.</translation>
        </message>
        <message>
            <source>{} is somebody else's and was left as it is.</source>
            <translation>{} ist von jemand anderem und blieb, wie es war.</translation>
        </message>
        <message>
            <source>{} is {} already, and cannot be {} too.</source>
            <translation>{} ist schon {} und kann nicht auch {} sein.</translation>
        </message>
        <message>
            <source>{} is {} now, and no longer {}.</source>
            <translation>{} ist jetzt {} und nicht mehr {}.</translation>
        </message>
        <message>
            <source>{} learnt “{}” and go on to find it; the next fine-tune does not learn it.</source>
            <translation>{} haben „{}“ gelernt und finden es weiterhin; das nächste Nachtraining lernt es nicht.</translation>
        </message>
        <message>
            <source>{} learnt “{}” and goes on to find it; the next fine-tune does not learn it.</source>
            <translation>{} hat „{}“ gelernt und findet es weiterhin; das nächste Nachtraining lernt es nicht.</translation>
        </message>
        <message>
            <source>{} learnt “{}”: what it finds counts as “{}”, and the next fine-tune learns one category.</source>
            <translation>{} hat „{}“ gelernt: Was sie findet, zählt als „{}“, und das nächste Nachtraining lernt eine Kategorie.</translation>
        </message>
        <message>
            <source>{} learnt “{}”: what they find counts as “{}”, and the next fine-tune learns one category.</source>
            <translation>{} haben „{}“ gelernt: Was sie finden, zählt als „{}“, und das nächste Nachtraining lernt eine Kategorie.</translation>
        </message>
        <message>
            <source>{} lies in the image folder, which would have each image twice: choose a place outside of it.</source>
            <translation>{} liegt im Bildordner, der dann jedes Bild zweimal hätte: einen Ort außerhalb wählen.</translation>
        </message>
        <message>
            <source>{} likely objects without a box</source>
            <translation>{} wahrscheinliche Objekte ohne Box</translation>
        </message>
        <message>
            <source>{} loose</source>
            <translation>{} ungenau</translation>
        </message>
        <message>
            <source>{} min</source>
            <translation>{} min</translation>
        </message>
        <message>
            <source>{} missed</source>
            <translation>{} übersehen</translation>
        </message>
        <message>
            <source>{} more have few</source>
            <translation>{} weitere haben wenige</translation>
        </message>
        <message>
            <source>{} needs more memory than there is: close other programs and try again.</source>
            <translation>{} braucht mehr Speicher, als da ist: andere Programme schließen und erneut versuchen.</translation>
        </message>
        <message>
            <source>{} of another category</source>
            <translation>{} mit anderer Kategorie</translation>
        </message>
        <message>
            <source>{} of {}</source>
            <translation>{} von {}</translation>
        </message>
        <message>
            <source>{} of {} reviewed</source>
            <translation>{} von {} geprüft</translation>
        </message>
        <message>
            <source>{} of {}: {} missed, {} wrong. A click opens the image.</source>
            <translation>{} von {}: {} übersehen, {} falsch. Ein Klick öffnet das Bild.</translation>
        </message>
        <message>
            <source>{} on {} are deleted</source>
            <translation>{} ({}) werden gelöscht</translation>
        </message>
        <message>
            <source>{} on {} become “{}”</source>
            <translation>{} ({}) werden zu „{}“</translation>
        </message>
        <message>
            <source>{} on {} becomes “{}”</source>
            <translation>{} ({}) wird zu „{}“</translation>
        </message>
        <message>
            <source>{} on {} is deleted</source>
            <translation>{} ({}) wird gelöscht</translation>
        </message>
        <message>
            <source>{} on {}, process {}</source>
            <translation>{} auf {}, Prozess {}</translation>
        </message>
        <message>
            <source>{} only proposes regions, and there is no head to train. Choose a model that knows categories, then fine-tune.</source>
            <translation>{} schlägt nur Regionen vor und hat keinen Kopf zum Trainieren. Ein Modell wählen, das Kategorien kennt, dann nachtrainieren.</translation>
        </message>
        <message>
            <source>{} or {}</source>
            <translation>{} oder {}</translation>
        </message>
        <message>
            <source>{} rejected</source>
            <translation>{} abgelehnt</translation>
        </message>
        <message>
            <source>{} reviewed, {}, {} rejected</source>
            <translation>{} geprüft, {}, {} abgelehnt</translation>
        </message>
        <message>
            <source>{} s</source>
            <translation>{} s</translation>
        </message>
        <message>
            <source>{} says that its dataset is in {}, where your images are not. Only {} was looked through.</source>
            <translation>{} sagt, sein Datensatz liege in {}, wo Ihre Bilder nicht sind. Nur {} wurde durchsucht.</translation>
        </message>
        <message>
            <source>{} suggestions</source>
            <translation>{} Vorschläge</translation>
        </message>
        <message>
            <source>{} tracks are not read: export the task as “CVAT for images”, where each frame has its boxes</source>
            <translation>{} Tracks werden nicht gelesen: die Aufgabe als „CVAT for images“ exportieren, wo jedes Einzelbild seine Boxen hat</translation>
        </message>
        <message>
            <source>{} undecided</source>
            <translation>{} offen</translation>
        </message>
        <message>
            <source>{} unsure</source>
            <translation>{} unsicher</translation>
        </message>
        <message>
            <source>{} untouched</source>
            <translation>{} unberührt</translation>
        </message>
        <message>
            <source>{} wants another file to be deleted, which nothing that Boxwright writes does. Delete it, and do not trust what came with it.</source>
            <translation>{} will, dass eine andere Datei gelöscht wird, was nichts tut, das Boxwright schreibt. Löschen Sie sie, und trauen Sie dem nicht, womit sie kam.</translation>
        </message>
        <message>
            <source>{} was trained in this project: measured on images that it was trained on, it looks better than it is.</source>
            <translation>{} wurde in diesem Projekt trainiert: Auf Bildern aus dem Training gemessen, wirkt sie besser, als sie ist.</translation>
        </message>
        <message>
            <source>{} was written by a newer Boxwright (schema {}; this one knows {}). Update Boxwright to open it; it was left as it is.</source>
            <translation>{} wurde von einem neueren Boxwright geschrieben (Schema {}; dieses kennt {}). Zum Öffnen Boxwright aktualisieren; die Datei blieb, wie sie ist.</translation>
        </message>
        <message>
            <source>{} was written by a newer Boxwright. Update Boxwright to repair it.</source>
            <translation>{} hat ein neueres Boxwright geschrieben. Zum Reparieren Boxwright aktualisieren.</translation>
        </message>
        <message>
            <source>{} without their file</source>
            <translation>{} ohne Datei</translation>
        </message>
        <message>
            <source>{} would share one file of annotations: rename all but one of them.</source>
            <translation>{} hätten dieselbe Annotationsdatei: alle bis auf eines umbenennen.</translation>
        </message>
        <message>
            <source>{}, image {} ({})</source>
            <translation>{}, Bild {} ({})</translation>
        </message>
        <message>
            <source>{}, in use</source>
            <translation>{}, in Gebrauch</translation>
        </message>
        <message>
            <source>{}, label {}</source>
            <translation>{}, Label {}</translation>
        </message>
        <message>
            <source>{}, {}</source>
            <translation>{}, {}</translation>
        </message>
        <message>
            <source>{}.</source>
            <translation>{}.</translation>
        </message>
        <message>
            <source>{}: a head cannot find the rest, the whole detector can.</source>
            <translation>{}: Den Rest kann ein Kopf nicht finden, der ganze Detektor schon.</translation>
        </message>
        <message>
            <source>{}: box {} has no area in single precision.</source>
            <translation>{}: Die Box {} hat in einfacher Genauigkeit keine Fläche.</translation>
        </message>
        <message>
            <source>{}: class {} is named {}.</source>
            <translation>{}: Klasse {} heißt {}.</translation>
        </message>
        <message>
            <source>{}: little to learn from.</source>
            <translation>{}: wenig, woraus sich lernen lässt.</translation>
        </message>
        <message>
            <source>{}: the name of its file of annotations would be too long: give the image a shorter one.</source>
            <translation>{}: der Name seiner Annotationsdatei wäre zu lang: dem Bild einen kürzeren geben.</translation>
        </message>
        <message>
            <source>{}: {}</source>
            <translation>{}: {}</translation>
        </message>
        <message>
            <source>{}: {} after {}</source>
            <translation>{}: {} nach {}</translation>
        </message>
        <message>
            <source>{}:{:02} min</source>
            <translation>{}:{:02} min</translation>
        </message>
        <message>
            <source>“{}” has {}</source>
            <translation>„{}“ hat {}</translation>
        </message>
        <message>
            <source>“{}” is no key that {} could have.</source>
            <translation>„{}“ ist keine Taste, die {} haben könnte.</translation>
        </message>
        <message>
            <source>“{}” is no key; a name with a colon goes in quotes, "like:this"</source>
            <translation>„{}“ ist kein Schlüssel; ein Name mit Doppelpunkt steht in Anführungszeichen, "wie:hier"</translation>
        </message>
        <message>
            <source>… and {} more</source>
            <translation>… und {} weitere</translation>
        </message>
    </context>
    <context>
        <name>AboutDialog</name>
        <message>
            <source>About Boxwright</source>
            <translation>Über Boxwright</translation>
        </message>
        <message>
            <source>Boxwright {}</source>
            <translation>Boxwright {}</translation>
        </message>
        <message>
            <source>Draw boxes around objects with a detector that looks first. It is a Faster R-CNN: it proposes regions, scores them, and leaves every decision to you.</source>
            <translation>Boxen um Objekte zeichnen, mit einem Detektor, der zuerst hinsieht. Er ist ein Faster R-CNN: Er schlägt Regionen vor, bewertet sie und überlässt jede Entscheidung dem Menschen.</translation>
        </message>
        <message>
            <source>MIT licence. Built with Qt for Python, PyTorch and torchvision.</source>
            <translation>MIT-Lizenz. Erstellt mit Qt for Python, PyTorch und torchvision.</translation>
        </message>
    </context>
    <context>
        <name>AcceptanceChart</name>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>Suggestions that were right as they were, in %</source>
            <translation>Vorschläge, die unverändert richtig waren, in %</translation>
        </message>
    </context>
    <context>
        <name>AnnotationTable</name>
        <message>
            <source> · {} hidden</source>
            <translation> · {} ausgeblendet</translation>
        </message>
        <message>
            <source> · {} undecided</source>
            <translation> · {} offen</translation>
        </message>
        <message>
            <source>1 box</source>
            <translation>1 Box</translation>
        </message>
        <message>
            <source>All boxes are hidden: {hide} shows them.</source>
            <translation>Alle Boxen sind ausgeblendet: {hide} zeigt sie.</translation>
        </message>
        <message>
            <source>Boxes of hidden categories are not listed.</source>
            <translation>Boxen ausgeblendeter Kategorien sind nicht aufgeführt.</translation>
        </message>
        <message>
            <source>Boxes of this image</source>
            <translation>Boxen dieses Bildes</translation>
        </message>
        <message>
            <source>No boxes on this image. {draw} draws one.</source>
            <translation>Keine Boxen auf diesem Bild. {draw} zeichnet eine.</translation>
        </message>
        <message>
            <source>Only boxes of hidden categories. The eyes in the list of categories show them.</source>
            <translation>Nur Boxen ausgeblendeter Kategorien. Die Augen in der Kategorienliste blenden sie ein.</translation>
        </message>
        <message>
            <source>Suggestions are hidden: {suggestions} shows them.</source>
            <translation>Vorschläge sind ausgeblendet: {suggestions} zeigt sie.</translation>
        </message>
        <message>
            <source>{} boxes</source>
            <translation>{} Boxen</translation>
        </message>
    </context>
    <context>
        <name>AppearancePage</name>
        <message>
            <source>As the system has them</source>
            <translation>Wie im System</translation>
        </message>
        <message>
            <source>Colours</source>
            <translation>Farben</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Make text as large as the system has it</source>
            <translation>Text so groß wie im System</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>Zurücksetzen</translation>
        </message>
        <message>
            <source>Size of text</source>
            <translation>Textgröße</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>Text and what holds it, in percent of the system's size</source>
            <translation>Text und was ihn enthält, in Prozent der Systemgröße</translation>
        </message>
        <message>
            <source>That of the system</source>
            <translation>Die des Systems</translation>
        </message>
        <message>
            <source>The colours of the window; images are never changed</source>
            <translation>Die Farben des Fensters; Bilder werden nie verändert</translation>
        </message>
        <message>
            <source>The language of the window, from the next start on</source>
            <translation>Die Sprache des Fensters, ab dem nächsten Start</translation>
        </message>
        <message>
            <source>The window speaks it from the next start on.</source>
            <translation>Das Fenster spricht sie ab dem nächsten Start.</translation>
        </message>
        <message>
            <source>{} %</source>
            <translation>{} %</translation>
        </message>
    </context>
    <context>
        <name>Application</name>
        <message>
            <source>Import {}…</source>
            <translation>{} importieren …</translation>
        </message>
        <message>
            <source>Left out, because their names are not valid text: {}</source>
            <translation>Ausgelassen, weil die Namen kein gültiger Text sind: {}</translation>
        </message>
        <message>
            <source>The demo cannot be written to {}: {}.</source>
            <translation>Die Demo kann nicht nach {} geschrieben werden: {}.</translation>
        </message>
        <message>
            <source>There are annotations beside these images. Import them into this project?</source>
            <translation>Neben diesen Bildern liegen Annotationen. In dieses Projekt importieren?</translation>
        </message>
        <message>
            <source>There is no detector: {}</source>
            <translation>Es gibt keinen Detektor: {}</translation>
        </message>
        <message>
            <source>Where are the images of {}?</source>
            <translation>Wo sind die Bilder von {}?</translation>
        </message>
        <message>
            <source>{next-box} goes to the least certain suggestion, {accept} accepts it, {reject} rejects it. {draw} draws a box, {score-up} and {score-down} move the score threshold, {reviewed} marks the image reviewed and goes on. {keys} shows all keys.</source>
            <translation>{next-box} geht zum unsichersten Vorschlag, {accept} nimmt ihn an, {reject} lehnt ihn ab. {draw} zeichnet eine Box, {score-up} und {score-down} verschieben die Konfidenzschwelle, {reviewed} markiert das Bild als geprüft und geht weiter. {keys} zeigt alle Tasten.</translation>
        </message>
    </context>
    <context>
        <name>BackingUp</name>
        <message>
            <source>Backing up the project</source>
            <translation>Das Sichern des Projekts</translation>
        </message>
    </context>
    <context>
        <name>Banner</name>
        <message>
            <source>Close this message</source>
            <translation>Diese Meldung schließen</translation>
        </message>
    </context>
    <context>
        <name>BeforeAfter</name>
        <message>
            <source>Before and after: {}</source>
            <translation>Vorher und nachher: {}</translation>
        </message>
        <message>
            <source>Show it large</source>
            <translation>Groß zeigen</translation>
        </message>
    </context>
    <context>
        <name>BoxRows</name>
        <message>
            <source>Annotation or suggestion</source>
            <translation>Annotation oder Vorschlag</translation>
        </message>
        <message>
            <source>Annotation: {}</source>
            <translation>Annotation: {}</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>Difficult, occluded, truncated, crowd; whether there is a note; whether it is locked</source>
            <translation>Schwierig, verdeckt, abgeschnitten, Menge; ob es eine Notiz gibt; ob gesperrt</translation>
        </message>
        <message>
            <source>Flags</source>
            <translation>Merkmale</translation>
        </message>
        <message>
            <source>Origin</source>
            <translation>Herkunft</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Konfidenz</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Suggestion: nobody has decided on it</source>
            <translation>Vorschlag: noch von niemandem entschieden</translation>
        </message>
        <message>
            <source>accepted</source>
            <translation>angenommen</translation>
        </message>
        <message>
            <source>drawn</source>
            <translation>gezeichnet</translation>
        </message>
        <message>
            <source>imported</source>
            <translation>importiert</translation>
        </message>
        <message>
            <source>moved</source>
            <translation>verschoben</translation>
        </message>
        <message>
            <source>relabelled</source>
            <translation>umkategorisiert</translation>
        </message>
        <message>
            <source>suggested</source>
            <translation>vorgeschlagen</translation>
        </message>
        <message>
            <source>suggested, new category</source>
            <translation>vorgeschlagen, neue Kategorie</translation>
        </message>
    </context>
    <context>
        <name>BoxView</name>
        <message>
            <source>Image with boxes</source>
            <translation>Bild mit Boxen</translation>
        </message>
    </context>
    <context>
        <name>BoxesChart</name>
        <message>
            <source>Boxes of each category</source>
            <translation>Boxen je Kategorie</translation>
        </message>
        <message>
            <source>The {} categories with most boxes</source>
            <translation>Die {} Kategorien mit den meisten Boxen</translation>
        </message>
    </context>
    <context>
        <name>BoxesTable</name>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxen</translation>
        </message>
        <message>
            <source>Boxes in the project, however they came to be</source>
            <translation>Boxen im Projekt, gleich welcher Herkunft</translation>
        </message>
        <message>
            <source>Boxes that you drew yourself</source>
            <translation>Selbst gezeichnete Boxen</translation>
        </message>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>Drawn</source>
            <translation>Gezeichnet</translation>
        </message>
        <message>
            <source>Right</source>
            <translation>Richtig</translation>
        </message>
        <message>
            <source>Share of the suggestions decided on that you accepted as they were</source>
            <translation>Anteil der entschiedenen Vorschläge, die unverändert angenommen wurden</translation>
        </message>
    </context>
    <context>
        <name>CategoriesPanel</name>
        <message>
            <source>Add the category</source>
            <translation>Kategorie hinzufügen</translation>
        </message>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Change colour…</source>
            <translation>Farbe ändern…</translation>
        </message>
        <message>
            <source>Delete…</source>
            <translation>Löschen…</translation>
        </message>
        <message>
            <source>Give the selected box this category</source>
            <translation>Der gewählten Box diese Kategorie geben</translation>
        </message>
        <message>
            <source>Hide or show its boxes</source>
            <translation>Boxen aus- oder einblenden</translation>
        </message>
        <message>
            <source>Merge into another…</source>
            <translation>Mit anderer zusammenführen…</translation>
        </message>
        <message>
            <source>Move down</source>
            <translation>Nach unten</translation>
        </message>
        <message>
            <source>Move the group down</source>
            <translation>Gruppe nach unten</translation>
        </message>
        <message>
            <source>Move the group up</source>
            <translation>Gruppe nach oben</translation>
        </message>
        <message>
            <source>Move up</source>
            <translation>Nach oben</translation>
        </message>
        <message>
            <source>New category</source>
            <translation>Neue Kategorie</translation>
        </message>
        <message>
            <source>Rename</source>
            <translation>Umbenennen</translation>
        </message>
        <message>
            <source>Score threshold…</source>
            <translation>Konfidenzschwelle…</translation>
        </message>
        <message>
            <source>Show only its boxes</source>
            <translation>Nur diese Boxen zeigen</translation>
        </message>
        <message>
            <source>Supercategory</source>
            <translation>Oberkategorie</translation>
        </message>
        <message>
            <source>Supercategory of “{}”, empty for none</source>
            <translation>Oberkategorie von „{}“, leer für keine</translation>
        </message>
        <message>
            <source>Supercategory…</source>
            <translation>Oberkategorie…</translation>
        </message>
        <message>
            <source>Type a name and press Enter; Esc goes back to the image</source>
            <translation>Namen eingeben und Enter drücken; Esc führt zum Bild zurück</translation>
        </message>
        <message>
            <source>“{}” is at the end of its group: drag it or change its supercategory.</source>
            <translation>„{}“ steht am Ende der Gruppe: ziehen oder Oberkategorie ändern.</translation>
        </message>
    </context>
    <context>
        <name>CategoryDelegate</name>
        <message>
            <source>Category name</source>
            <translation>Name der Kategorie</translation>
        </message>
    </context>
    <context>
        <name>CategoryFinder</name>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>Enter takes what is marked, the arrows mark another, Esc goes back</source>
            <translation>Enter nimmt das Markierte, Pfeile markieren anderes, Esc führt zurück</translation>
        </message>
        <message>
            <source>New category “{}”</source>
            <translation>Neue Kategorie „{}“</translation>
        </message>
        <message>
            <source>Type a name</source>
            <translation>Namen eingeben</translation>
        </message>
    </context>
    <context>
        <name>CategoryMappingDialog</name>
        <message>
            <source>Apply</source>
            <translation>Anwenden</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Find a category of the model</source>
            <translation>Kategorie des Modells suchen</translation>
        </message>
        <message>
            <source>Ignore the others</source>
            <translation>Die übrigen ignorieren</translation>
        </message>
        <message>
            <source>Match categories</source>
            <translation>Kategorien zuordnen</translation>
        </message>
        <message>
            <source>New categories for the others</source>
            <translation>Neue Kategorien für die übrigen</translation>
        </message>
        <message>
            <source>No category of the model has this in its name.</source>
            <translation>Keine Kategorie des Modells hat dies im Namen.</translation>
        </message>
        <message>
            <source>What each category of the model is in this project. Suggestions follow at once, nothing is detected again, and no annotation changes.</source>
            <translation>Was jede Kategorie des Modells in diesem Projekt ist. Vorschläge folgen sofort, nichts wird neu detektiert, und keine Annotation ändert sich.</translation>
        </message>
    </context>
    <context>
        <name>CategoryRemoval</name>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Löschen</translation>
        </message>
        <message>
            <source>Delete category</source>
            <translation>Kategorie löschen</translation>
        </message>
        <message>
            <source>Delete its box too</source>
            <translation>Auch die Box löschen</translation>
        </message>
        <message>
            <source>Delete its {} boxes too</source>
            <translation>Auch die {} Boxen löschen</translation>
        </message>
        <message>
            <source>Delete “{}”</source>
            <translation>„{}“ löschen</translation>
        </message>
        <message>
            <source>Keep the boxes, in</source>
            <translation>Boxen behalten, in</translation>
        </message>
        <message>
            <source>Merge</source>
            <translation>Zusammenführen</translation>
        </message>
        <message>
            <source>Merge categories</source>
            <translation>Kategorien zusammenführen</translation>
        </message>
        <message>
            <source>Merge “{}” into</source>
            <translation>„{}“ zusammenführen mit</translation>
        </message>
    </context>
    <context>
        <name>CategoryRows</name>
        <message>
            <source>, hidden</source>
            <translation>, ausgeblendet</translation>
        </message>
        <message>
            <source>, in {}</source>
            <translation>, in {}</translation>
        </message>
        <message>
            <source>, key {}</source>
            <translation>, Taste {}</translation>
        </message>
        <message>
            <source>, suggestions that score more than {}</source>
            <translation>, Vorschläge mit Konfidenz über {}</translation>
        </message>
        <message>
            <source>1 box</source>
            <translation>1 Box</translation>
        </message>
        <message>
            <source>No supercategory</source>
            <translation>Keine Oberkategorie</translation>
        </message>
        <message>
            <source>{} boxes</source>
            <translation>{} Boxen</translation>
        </message>
    </context>
    <context>
        <name>CategoryTable</name>
        <message>
            <source>AP</source>
            <translation>AP</translation>
        </message>
        <message>
            <source>AP50</source>
            <translation>AP50</translation>
        </message>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>Average precision at IoU 0.5: 1 is perfect</source>
            <translation>Average Precision bei IoU 0.5: 1 ist perfekt</translation>
        </message>
        <message>
            <source>Average precision, mean over the IoUs from 0.5 to 0.95</source>
            <translation>Average Precision, Mittel über die IoUs von 0.5 bis 0.95</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxen</translation>
        </message>
        <message>
            <source>Boxes of yours on the images measured</source>
            <translation>Eigene Boxen auf den gemessenen Bildern</translation>
        </message>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>P</source>
            <translation>P</translation>
        </message>
        <message>
            <source>Precision: share of the suggestions at your score threshold that are right</source>
            <translation>Präzision: Anteil der Vorschläge ab der Konfidenzschwelle, die richtig sind</translation>
        </message>
        <message>
            <source>R</source>
            <translation>R</translation>
        </message>
        <message>
            <source>Recall: share of your boxes that a suggestion at your score threshold covers</source>
            <translation>Recall: Anteil der eigenen Boxen, die ein Vorschlag ab der Konfidenzschwelle abdeckt</translation>
        </message>
    </context>
    <context>
        <name>CategoryThreshold</name>
        <message>
            <source>As the others: {}</source>
            <translation>Wie die übrigen: {}</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Konfidenz</translation>
        </message>
        <message>
            <source>Score of “{}”</source>
            <translation>Konfidenz von „{}“</translation>
        </message>
        <message>
            <source>Show suggestions of “{}” that score more than this</source>
            <translation>Vorschläge von „{}“ mit höherer Konfidenz zeigen</translation>
        </message>
    </context>
    <context>
        <name>CategoryView</name>
        <message>
            <source>No categories yet. Type the first one below; {category-1} chooses it.</source>
            <translation>Noch keine Kategorien. Die erste unten eingeben; {category-1} wählt sie.</translation>
        </message>
    </context>
    <context>
        <name>ColorPicker</name>
        <message>
            <source>Colour of the category</source>
            <translation>Farbe der Kategorie</translation>
        </message>
        <message>
            <source>Other colour…</source>
            <translation>Andere Farbe…</translation>
        </message>
    </context>
    <context>
        <name>CommandPalette</name>
        <message>
            <source>Enter runs what is marked, the arrows mark another, Esc goes back</source>
            <translation>Enter führt das Markierte aus, Pfeile markieren anderes, Esc führt zurück</translation>
        </message>
        <message>
            <source>Find an action</source>
            <translation>Aktion suchen</translation>
        </message>
        <message>
            <source>Nothing matches.</source>
            <translation>Keine Treffer.</translation>
        </message>
        <message>
            <source>Type what to do, a category, or an image</source>
            <translation>Aktion, Kategorie oder Bild eingeben</translation>
        </message>
        <message>
            <source>What matches</source>
            <translation>Treffer</translation>
        </message>
    </context>
    <context>
        <name>Counting</name>
        <message>
            <source>Counting what was done</source>
            <translation>Getanes wird gezählt</translation>
        </message>
    </context>
    <context>
        <name>CrashDialog</name>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <source>Copy the report</source>
            <translation>Bericht kopieren</translation>
        </message>
        <message>
            <source>Keep the report in a file</source>
            <translation>Bericht in einer Datei speichern</translation>
        </message>
        <message>
            <source>One more error has come since.</source>
            <translation>Seither kam ein weiterer Fehler.</translation>
        </message>
        <message>
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <source>Save the report</source>
            <translation>Bericht speichern</translation>
        </message>
        <message>
            <source>Save…</source>
            <translation>Speichern…</translation>
        </message>
        <message>
            <source>Something went wrong</source>
            <translation>Etwas ist schiefgegangen</translation>
        </message>
        <message>
            <source>Text (*.txt)</source>
            <translation>Text (*.txt)</translation>
        </message>
        <message>
            <source>The report is copied.</source>
            <translation>Der Bericht ist kopiert.</translation>
        </message>
        <message>
            <source>The report is in {}.</source>
            <translation>Der Bericht liegt in {}.</translation>
        </message>
        <message>
            <source>Your work is saved, and you can go on. The report has versions, what the program was doing and the end of its log, which may name files, but no image. Please send it to the developers:</source>
            <translation>Die Arbeit ist gespeichert und kann weitergehen. Der Bericht enthält Versionen, was das Programm gerade tat, und das Ende seines Protokolls, in dem Dateinamen stehen können, aber kein Bild. Bitte an die Entwickler senden:</translation>
        </message>
        <message>
            <source>{} cannot be written: {}.</source>
            <translation>{} kann nicht geschrieben werden: {}.</translation>
        </message>
        <message>
            <source>{} more errors have come since.</source>
            <translation>Seither kamen {} weitere Fehler.</translation>
        </message>
    </context>
    <context>
        <name>DaysChart</name>
        <message>
            <source>Active hours each day</source>
            <translation>Aktive Stunden je Tag</translation>
        </message>
        <message>
            <source>Active minutes each day</source>
            <translation>Aktive Minuten je Tag</translation>
        </message>
        <message>
            <source>Images reviewed each day</source>
            <translation>Geprüfte Bilder je Tag</translation>
        </message>
    </context>
    <context>
        <name>Desk</name>
        <message>
            <source>Loading {} …</source>
            <translation>{} wird geladen …</translation>
        </message>
        <message>
            <source>There are no images in {}. {open-folder} opens another folder.</source>
            <translation>In {} sind keine Bilder. {open-folder} öffnet einen anderen Ordner.</translation>
        </message>
        <message>
            <source>There are {} new images in the folder: {look-again} lists them.</source>
            <translation>Im Ordner sind {} neue Bilder: {look-again} nimmt sie auf.</translation>
        </message>
        <message>
            <source>There is 1 new image in the folder: {look-again} lists it.</source>
            <translation>Im Ordner ist 1 neues Bild: {look-again} nimmt es auf.</translation>
        </message>
    </context>
    <context>
        <name>DetectorPage</name>
        <message>
            <source>Exact</source>
            <translation>Exakt</translation>
        </message>
        <message>
            <source>Fast</source>
            <translation>Schnell</translation>
        </message>
        <message>
            <source>Fast computes in 16 bits where the hardware is made for it, and scores differ by a hair. Exact is float32 throughout, as the checkpoint was trained. The model is loaded anew; images that it has looked at keep what it found.</source>
            <translation>Schnell rechnet mit 16 Bit, wo die Hardware dafür gemacht ist, und Konfidenzen weichen minimal ab. Exakt ist durchweg float32, wie der Checkpoint trainiert wurde. Das Modell wird neu geladen; schon untersuchte Bilder behalten, was gefunden wurde.</translation>
        </message>
        <message>
            <source>How the detector computes</source>
            <translation>Wie der Detektor rechnet</translation>
        </message>
        <message>
            <source>Precision</source>
            <translation>Präzision</translation>
        </message>
        <message>
            <source>The detector is not loaded yet.</source>
            <translation>Der Detektor ist noch nicht geladen.</translation>
        </message>
        <message>
            <source>The detector runs on {}. Start with --device to choose another one.</source>
            <translation>Der Detektor läuft auf {}. Mit --device starten, um ein anderes Gerät zu wählen.</translation>
        </message>
    </context>
    <context>
        <name>DiskChanges</name>
        <message>
            <source>1 box lies outside the image.</source>
            <translation>1 Box liegt außerhalb des Bildes.</translation>
        </message>
        <message>
            <source>1 image is in the folder again.</source>
            <translation>1 Bild ist wieder im Ordner.</translation>
        </message>
        <message>
            <source>1 image is no longer in the folder. Its boxes are kept, and come back with the file.</source>
            <translation>1 Bild ist nicht mehr im Ordner. Seine Boxen bleiben erhalten und kommen mit der Datei zurück.</translation>
        </message>
        <message>
            <source>1 new image.</source>
            <translation>1 neues Bild.</translation>
        </message>
        <message>
            <source>Nothing has changed in the folder.</source>
            <translation>Im Ordner hat sich nichts geändert.</translation>
        </message>
        <message>
            <source>{} boxes lie outside the image.</source>
            <translation>{} Boxen liegen außerhalb des Bildes.</translation>
        </message>
        <message>
            <source>{} has changed on disk and is read again.</source>
            <translation>{} hat sich auf der Platte geändert und wird neu gelesen.</translation>
        </message>
        <message>
            <source>{} has changed on disk and is read again: check its boxes.</source>
            <translation>{} hat sich auf der Platte geändert und wird neu gelesen: die Boxen prüfen.</translation>
        </message>
        <message>
            <source>{} images are in the folder again.</source>
            <translation>{} Bilder sind wieder im Ordner.</translation>
        </message>
        <message>
            <source>{} images are no longer in the folder. Their boxes are kept, and come back with the files.</source>
            <translation>{} Bilder sind nicht mehr im Ordner. Ihre Boxen bleiben erhalten und kommen mit den Dateien zurück.</translation>
        </message>
        <message>
            <source>{} is in the folder again.</source>
            <translation>{} ist wieder im Ordner.</translation>
        </message>
        <message>
            <source>{} is no longer in the folder. Its boxes are kept, and come back with the file.</source>
            <translation>{} ist nicht mehr im Ordner. Die Boxen bleiben erhalten und kommen mit der Datei zurück.</translation>
        </message>
        <message>
            <source>{} new images.</source>
            <translation>{} neue Bilder.</translation>
        </message>
        <message>
            <source>{} was {} × {} pixels and is {} × {} now: check its boxes.</source>
            <translation>{} hatte {} × {} Pixel und hat jetzt {} × {}: die Boxen prüfen.</translation>
        </message>
    </context>
    <context>
        <name>DownloadDialog</name>
        <message>
            <source>, {}/s</source>
            <translation>, {}/s</translation>
        </message>
        <message>
            <source>Asking the server…</source>
            <translation>Server wird gefragt…</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Download</source>
            <translation>Herunterladen</translation>
        </message>
        <message>
            <source>Licence: {}</source>
            <translation>Lizenz: {}</translation>
        </message>
        <message>
            <source>{} of {}</source>
            <translation>{} von {}</translation>
        </message>
    </context>
    <context>
        <name>Errands</name>
        <message>
            <source>All is saved already, each time you decide something, in {}.</source>
            <translation>Alles ist schon gespeichert, nach jeder Entscheidung, in {}.</translation>
        </message>
        <message>
            <source>Export {}</source>
            <translation>{} exportieren</translation>
        </message>
        <message>
            <source>Import a folder of annotations</source>
            <translation>Ordner mit Annotationen importieren</translation>
        </message>
        <message>
            <source>Import annotations</source>
            <translation>Annotationen importieren</translation>
        </message>
        <message>
            <source>Open COCO JSON with its images</source>
            <translation>COCO-JSON mit den Bildern öffnen</translation>
        </message>
        <message>
            <source>Open a folder of images</source>
            <translation>Ordner mit Bildern öffnen</translation>
        </message>
        <message>
            <source>The log is in {}, which cannot be shown from here.</source>
            <translation>Das Protokoll liegt in {}; von hier aus lässt sich das nicht anzeigen.</translation>
        </message>
    </context>
    <context>
        <name>Evaluating</name>
        <message>
            <source>Another model is in use now.</source>
            <translation>Jetzt ist ein anderes Modell in Gebrauch.</translation>
        </message>
        <message>
            <source>Large images are looked at in another way now.</source>
            <translation>Große Bilder werden jetzt anders betrachtet.</translation>
        </message>
        <message>
            <source>Measuring the detector</source>
            <translation>Detektor wird gemessen</translation>
        </message>
        <message>
            <source>No image is reviewed yet. Mark one as reviewed: then there is something to measure on.</source>
            <translation>Noch kein Bild ist geprüft. Eines als geprüft markieren: Dann gibt es etwas, woran sich messen lässt.</translation>
        </message>
        <message>
            <source>Not measured: the detector was given something else to do. Measure again when it is done.</source>
            <translation>Nicht gemessen: Der Detektor bekam eine andere Aufgabe. Danach erneut messen.</translation>
        </message>
        <message>
            <source>Reading the reviewed images</source>
            <translation>Geprüfte Bilder werden gelesen</translation>
        </message>
        <message>
            <source>Reviewed images or categories have changed.</source>
            <translation>Geprüfte Bilder oder Kategorien haben sich geändert.</translation>
        </message>
        <message>
            <source>The NMS IoU has changed.</source>
            <translation>Die NMS IoU hat sich geändert.</translation>
        </message>
        <message>
            <source>The detector could look at none of the reviewed images: {}</source>
            <translation>Der Detektor konnte keines der geprüften Bilder untersuchen: {}</translation>
        </message>
        <message>
            <source>The detector is not loaded yet: try again in a moment.</source>
            <translation>Der Detektor ist noch nicht geladen: gleich noch einmal versuchen.</translation>
        </message>
        <message>
            <source>The reviewed images have no boxes: there is nothing to find on them.</source>
            <translation>Die geprüften Bilder haben keine Boxen: Dort gibt es nichts zu finden.</translation>
        </message>
        <message>
            <source>There is no detector to measure: {}</source>
            <translation>Es gibt keinen Detektor zu messen: {}</translation>
        </message>
        <message>
            <source>What the model's categories mean here has changed.</source>
            <translation>Die Zuordnung der Modellkategorien hat sich geändert.</translation>
        </message>
        <message>
            <source>what it said could not be kept.</source>
            <translation>die Angaben konnten nicht gespeichert werden.</translation>
        </message>
    </context>
    <context>
        <name>EvaluationCurves</name>
        <message>
            <source>Each category at IoU 0.5; dots are at your score threshold</source>
            <translation>Jede Kategorie bei IoU 0.5; Punkte liegen bei der Konfidenzschwelle</translation>
        </message>
        <message>
            <source>Precision</source>
            <translation>Präzision</translation>
        </message>
        <message>
            <source>Recall</source>
            <translation>Recall</translation>
        </message>
        <message>
            <source>{} categories with most boxes, at IoU 0.5; dots are at your score threshold</source>
            <translation>{} Kategorien mit den meisten Boxen, bei IoU 0.5; Punkte liegen bei der Konfidenzschwelle</translation>
        </message>
        <message>
            <source>“{}”; the dot is at your score threshold</source>
            <translation>„{}“; der Punkt liegt bei der Konfidenzschwelle</translation>
        </message>
    </context>
    <context>
        <name>EvaluationFigures</name>
        <message>
            <source>AP</source>
            <translation>AP</translation>
        </message>
        <message>
            <source>AP50</source>
            <translation>AP50</translation>
        </message>
        <message>
            <source>AP75</source>
            <translation>AP75</translation>
        </message>
        <message>
            <source>AR@100</source>
            <translation>AR@100</translation>
        </message>
        <message>
            <source>Average precision at IoU 0.5, mean over categories</source>
            <translation>Average Precision bei IoU 0.5, Mittel über Kategorien</translation>
        </message>
        <message>
            <source>Average precision at IoU 0.75, mean over categories</source>
            <translation>Average Precision bei IoU 0.75, Mittel über Kategorien</translation>
        </message>
        <message>
            <source>COCO's average precision: mean over categories and over IoUs from 0.5 to 0.95</source>
            <translation>Average Precision nach COCO: Mittel über Kategorien und IoUs von 0.5 bis 0.95</translation>
        </message>
        <message>
            <source>PASCAL VOC 2007's average precision, of eleven points at IoU 0.5, without difficult boxes</source>
            <translation>Average Precision nach PASCAL VOC 2007, aus elf Punkten bei IoU 0.5, ohne schwierige Boxen</translation>
        </message>
        <message>
            <source>Share of your boxes that the 100 best proposals reach, mean over the IoUs</source>
            <translation>Anteil der eigenen Boxen, die die 100 besten Regionen erreichen, Mittel über die IoUs</translation>
        </message>
        <message>
            <source>VOC07</source>
            <translation>VOC07</translation>
        </message>
    </context>
    <context>
        <name>EvaluationPanel</name>
        <message>
            <source>How good is the detector?</source>
            <translation>Wie gut ist der Detektor?</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Measure again</source>
            <translation>Erneut messen</translation>
        </message>
        <message>
            <source>Measure the detector on the reviewed images</source>
            <translation>Den Detektor an den geprüften Bildern messen</translation>
        </message>
        <message>
            <source>Put this panel away; a run goes on</source>
            <translation>Dieses Feld schließen; eine Messung läuft weiter</translation>
        </message>
        <message>
            <source>The detector is being measured already.</source>
            <translation>Der Detektor wird schon gemessen.</translation>
        </message>
        <message>
            <source>The evaluation was cancelled.</source>
            <translation>Die Auswertung wurde abgebrochen.</translation>
        </message>
        <message>
            <source>{} The figures are those of before.</source>
            <translation>{} Die Zahlen sind die vorherigen.</translation>
        </message>
    </context>
    <context>
        <name>EvaluationResult</name>
        <message>
            <source>Images with most mistakes</source>
            <translation>Bilder mit den meisten Fehlern</translation>
        </message>
        <message>
            <source>P, R: precision and recall at threshold {}</source>
            <translation>P, R: Präzision und Recall bei Schwelle {}</translation>
        </message>
    </context>
    <context>
        <name>Exchange</name>
        <message>
            <source>Export</source>
            <translation>Exportieren</translation>
        </message>
        <message>
            <source>Exported to {}</source>
            <translation>Exportiert nach {}</translation>
        </message>
        <message>
            <source>Exporting to {} …</source>
            <translation>Export nach {} …</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>Importieren</translation>
        </message>
        <message>
            <source>Import of {}</source>
            <translation>Import von {}</translation>
        </message>
        <message>
            <source>Imported {}: {}</source>
            <translation>{} importiert: {}</translation>
        </message>
        <message>
            <source>No image is reviewed yet: {reviewed} marks one, and then it is exported.</source>
            <translation>Noch ist kein Bild geprüft: {reviewed} markiert eines, und dann wird es exportiert.</translation>
        </message>
        <message>
            <source>Reading {} …</source>
            <translation>{} wird gelesen …</translation>
        </message>
        <message>
            <source>What was there before is as it was.</source>
            <translation>Was vorher da war, ist, wie es war.</translation>
        </message>
    </context>
    <context>
        <name>ExportDialog</name>
        <message>
            <source>Also images that are not reviewed</source>
            <translation>Auch ungeprüfte Bilder</translation>
        </message>
        <message>
            <source>Also the image that is not reviewed</source>
            <translation>Auch das ungeprüfte Bild</translation>
        </message>
        <message>
            <source>Also the {} images that are not reviewed</source>
            <translation>Auch die {} ungeprüften Bilder</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Choose where to…</source>
            <translation>Ziel wählen…</translation>
        </message>
        <message>
            <source>Export annotations</source>
            <translation>Annotationen exportieren</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Images</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>Near copies stay together, and each part gets its share of every category.</source>
            <translation>Beinahe-Kopien bleiben zusammen, und jeder Teil bekommt seinen Anteil an jeder Kategorie.</translation>
        </message>
        <message>
            <source>Parts</source>
            <translation>Teile</translation>
        </message>
        <message>
            <source>Percent to train, validate and test on</source>
            <translation>Prozent für Training, Validierung und Test</translation>
        </message>
        <message>
            <source>To train, validate and test on, in percent</source>
            <translation>Für Training, Validierung und Test, in Prozent</translation>
        </message>
        <message>
            <source>Whoever reads the export takes an image without boxes for an empty one.</source>
            <translation>Wer den Export liest, hält ein Bild ohne Boxen für ein leeres.</translation>
        </message>
        <message>
            <source>Whole percentages that add up to 100, as in 80/10/10, or 80/20 without a test part.</source>
            <translation>Ganze Prozentzahlen, die zusammen 100 ergeben, wie in 80/10/10, oder 80/20 ohne einen Teil zum Testen.</translation>
        </message>
    </context>
    <context>
        <name>FiguresTable</name>
        <message>
            <source>AP50</source>
            <translation>AP50</translation>
        </message>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>Average precision at IoU 0.5: 1 is perfect</source>
            <translation>Average Precision bei IoU 0.5: 1 ist perfekt</translation>
        </message>
        <message>
            <source>Boxes of yours that a suggestion covers at IoU 0.5</source>
            <translation>Eigene Boxen, die ein Vorschlag bei IoU 0.5 abdeckt</translation>
        </message>
        <message>
            <source>Boxes of yours that no suggestion covers</source>
            <translation>Eigene Boxen, die kein Vorschlag abdeckt</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>False</source>
            <translation>Falsch</translation>
        </message>
        <message>
            <source>Found</source>
            <translation>Gefunden</translation>
        </message>
        <message>
            <source>Missed</source>
            <translation>Übersehen</translation>
        </message>
        <message>
            <source>Suggestions where there is no box of yours</source>
            <translation>Vorschläge, wo keine eigene Box ist</translation>
        </message>
    </context>
    <context>
        <name>FilterBar</name>
        <message>
            <source>Order of the images</source>
            <translation>Reihenfolge der Bilder</translation>
        </message>
        <message>
            <source>Ready and saved filters</source>
            <translation>Fertige und gespeicherte Filter</translation>
        </message>
        <message>
            <source>What can be typed</source>
            <translation>Was eingegeben werden kann</translation>
        </message>
    </context>
    <context>
        <name>FilterField</name>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
        <message>
            <source>Filter images</source>
            <translation>Bilder filtern</translation>
        </message>
        <message>
            <source>No category is called “{}”.</source>
            <translation>Keine Kategorie heißt „{}“.</translation>
        </message>
        <message>
            <source>Show the images whose name contains this, or such as state:unsure; Enter opens the first</source>
            <translation>Bilder zeigen, deren Name dies enthält, oder solche wie state:unsure; Enter öffnet das erste</translation>
        </message>
    </context>
    <context>
        <name>FilterHelp</name>
        <message>
            <source>Find images</source>
            <translation>Bilder suchen</translation>
        </message>
        <message>
            <source>Words are joined by spaces, and all have to hold. A minus before a word says what is not wanted. A click adds an example to the filter.</source>
            <translation>Wörter werden durch Leerzeichen verbunden, und alle müssen gelten. Ein Minus vor einem Wort schließt es aus. Ein Klick fügt dem Filter ein Beispiel hinzu.</translation>
        </message>
    </context>
    <context>
        <name>FilterPanel</name>
        <message>
            <source>Annotations</source>
            <translation>Annotationen</translation>
        </message>
        <message>
            <source>Categories with a score threshold of their own: {}</source>
            <translation>Kategorien mit eigener Konfidenzschwelle: {}</translation>
        </message>
        <message>
            <source>Hide suggestions that score no more than this</source>
            <translation>Vorschläge ausblenden, deren Konfidenz nicht höher ist</translation>
        </message>
        <message>
            <source>Largest overlap of two suggestions of one category</source>
            <translation>Größte Überlappung zweier Vorschläge einer Kategorie</translation>
        </message>
        <message>
            <source>Layers</source>
            <translation>Ebenen</translation>
        </message>
        <message>
            <source>NMS IoU</source>
            <translation>NMS IoU</translation>
        </message>
        <message>
            <source>Number of proposals to show, the most object-like first</source>
            <translation>Anzahl gezeigter Kandidatenregionen, die objektähnlichsten zuerst</translation>
        </message>
        <message>
            <source>Of two suggestions of one category that overlap more than this, keep the better</source>
            <translation>Von zwei Vorschlägen einer Kategorie, die sich stärker überlappen, den besseren behalten</translation>
        </message>
        <message>
            <source>Proposals</source>
            <translation>Regionen</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Konfidenz</translation>
        </message>
        <message>
            <source>Show suggestions that score more than this</source>
            <translation>Vorschläge mit höherer Konfidenz zeigen</translation>
        </message>
        <message>
            <source>Show the boxes that people decided on</source>
            <translation>Boxen zeigen, die von Menschen entschieden wurden</translation>
        </message>
        <message>
            <source>Show the detections that nobody has decided on</source>
            <translation>Detektionen zeigen, die noch niemand entschieden hat</translation>
        </message>
        <message>
            <source>Show where the detector's first stage sees objects of any kind</source>
            <translation>Zeigen, wo die erste Stufe des Detektors Objekte jeder Art sieht</translation>
        </message>
        <message>
            <source>Suggestions</source>
            <translation>Vorschläge</translation>
        </message>
        <message>
            <source>The detector has not looked at this image yet.</source>
            <translation>Der Detektor hat dieses Bild noch nicht untersucht.</translation>
        </message>
        <message>
            <source>layer is off</source>
            <translation>Ebene ist aus</translation>
        </message>
        <message>
            <source>own score: {}</source>
            <translation>eigene Schwelle: {}</translation>
        </message>
        <message>
            <source>{proposals} shows where the detector sees objects of any kind.</source>
            <translation>{proposals} zeigt, wo der Detektor Objekte jeder Art sieht.</translation>
        </message>
        <message>
            <source>{} hidden by score</source>
            <translation>{} durch Konfidenz ausgeblendet</translation>
        </message>
        <message>
            <source>{} of {} proposals shown</source>
            <translation>{} von {} Regionen gezeigt</translation>
        </message>
        <message>
            <source>{} shown</source>
            <translation>{} gezeigt</translation>
        </message>
    </context>
    <context>
        <name>FiltersMenu</name>
        <message>
            <source>All images</source>
            <translation>Alle Bilder</translation>
        </message>
        <message>
            <source>Call the filter “{}”:</source>
            <translation>Name für den Filter „{}“:</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Löschen</translation>
        </message>
        <message>
            <source>Rename</source>
            <translation>Umbenennen</translation>
        </message>
        <message>
            <source>Save the filter {} as:</source>
            <translation>Den Filter {} speichern als:</translation>
        </message>
        <message>
            <source>Save this filter…</source>
            <translation>Diesen Filter speichern…</translation>
        </message>
        <message>
            <source>Saved filter</source>
            <translation>Gespeicherter Filter</translation>
        </message>
    </context>
    <context>
        <name>FindBar</name>
        <message>
            <source>End finding (Esc)</source>
            <translation>Suche beenden (Esc)</translation>
        </message>
        <message>
            <source>Enter or F3 goes to the next place, Shift+F3 to the one before, Esc ends</source>
            <translation>Enter oder F3 geht zur nächsten Stelle, Umschalt+F3 zur vorigen, Esc beendet</translation>
        </message>
        <message>
            <source>Find in this page</source>
            <translation>Auf dieser Seite suchen</translation>
        </message>
        <message>
            <source>Next place (F3)</source>
            <translation>Nächste Stelle (F3)</translation>
        </message>
        <message>
            <source>Not on this page</source>
            <translation>Nicht auf dieser Seite</translation>
        </message>
        <message>
            <source>Place before (Shift+F3)</source>
            <translation>Vorige Stelle (Umschalt+F3)</translation>
        </message>
        <message>
            <source>{} found</source>
            <translation>{} gefunden</translation>
        </message>
    </context>
    <context>
        <name>GeneralPage</name>
        <message>
            <source>Each is shown once, in a line above the image</source>
            <translation>Jeder erscheint einmal, in einer Zeile über dem Bild</translation>
        </message>
        <message>
            <source>Forget which hints were shown</source>
            <translation>Vergessen, welche Hinweise gezeigt wurden</translation>
        </message>
        <message>
            <source>Hints</source>
            <translation>Hinweise</translation>
        </message>
        <message>
            <source>How a new project begins; the View menu changes it for the open one</source>
            <translation>Wie ein neues Projekt beginnt; das Menü Ansicht ändert es für das offene</translation>
        </message>
        <message>
            <source>Keep the zoom from image to image</source>
            <translation>Zoom von Bild zu Bild behalten</translation>
        </message>
        <message>
            <source>New projects</source>
            <translation>Neue Projekte</translation>
        </message>
        <message>
            <source>Open the last project at the start</source>
            <translation>Beim Start das letzte Projekt öffnen</translation>
        </message>
        <message>
            <source>Show all hints once more</source>
            <translation>Alle Hinweise noch einmal zeigen</translation>
        </message>
        <message>
            <source>Show hints when something is met for the first time</source>
            <translation>Hinweise zeigen, wenn etwas zum ersten Mal vorkommt</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>Start</translation>
        </message>
        <message>
            <source>Without this the welcome page is shown, unless a folder is named on the command line</source>
            <translation>Sonst erscheint die Willkommensseite, außer die Befehlszeile nennt einen Ordner</translation>
        </message>
    </context>
    <context>
        <name>GuideView</name>
        <message>
            <source>Page of the guide</source>
            <translation>Seite des Handbuchs</translation>
        </message>
    </context>
    <context>
        <name>GuideWindow</name>
        <message>
            <source>Contents (Alt+Home)</source>
            <translation>Inhalt (Alt+Pos1)</translation>
        </message>
        <message>
            <source>Find in this page (Ctrl+F)</source>
            <translation>Auf dieser Seite suchen (Strg+F)</translation>
        </message>
        <message>
            <source>Find the sections that have all of these words</source>
            <translation>Findet die Abschnitte, in denen alle diese Wörter stehen</translation>
        </message>
        <message>
            <source>Guide</source>
            <translation>Handbuch</translation>
        </message>
        <message>
            <source>Nothing matches.</source>
            <translation>Keine Treffer.</translation>
        </message>
        <message>
            <source>Page after (Alt+Right)</source>
            <translation>Nächste Seite (Alt+Rechts)</translation>
        </message>
        <message>
            <source>Page before (Alt+Left)</source>
            <translation>Vorige Seite (Alt+Links)</translation>
        </message>
        <message>
            <source>Pages of the guide</source>
            <translation>Seiten des Handbuchs</translation>
        </message>
        <message>
            <source>Search all pages</source>
            <translation>Alle Seiten durchsuchen</translation>
        </message>
        <message>
            <source>The guide</source>
            <translation>Das Handbuch</translation>
        </message>
        <message>
            <source>The pages of the guide are in English only.</source>
            <translation>Die Seiten des Handbuchs gibt es nur auf Englisch.</translation>
        </message>
    </context>
    <context>
        <name>ImageList</name>
        <message>
            <source>Images</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>No image matches the filter.</source>
            <translation>Kein Bild passt zum Filter.</translation>
        </message>
        <message>
            <source>Reviewed images</source>
            <translation>Geprüfte Bilder</translation>
        </message>
        <message>
            <source>The detector has not looked at one image yet.</source>
            <translation>Ein Bild hat der Detektor noch nicht untersucht.</translation>
        </message>
        <message>
            <source>The detector has not looked at {} images yet.</source>
            <translation>{} Bilder hat der Detektor noch nicht untersucht.</translation>
        </message>
        <message>
            <source>This folder has no images.</source>
            <translation>Dieser Ordner hat keine Bilder.</translation>
        </message>
        <message>
            <source>{} of {} reviewed</source>
            <translation>{} von {} geprüft</translation>
        </message>
        <message>
            <source>{} shown</source>
            <translation>{} gezeigt</translation>
        </message>
    </context>
    <context>
        <name>ImageRows</name>
        <message>
            <source>The file is no longer in the folder.</source>
            <translation>Die Datei ist nicht mehr im Ordner.</translation>
        </message>
    </context>
    <context>
        <name>ImageSearch</name>
        <message>
            <source>Finding images</source>
            <translation>Bilder werden gesucht</translation>
        </message>
    </context>
    <context>
        <name>ImportPreview</name>
        <message>
            <source>Annotations</source>
            <translation>Annotationen</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Images</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>Importieren</translation>
        </message>
        <message>
            <source>Import annotations</source>
            <translation>Annotationen importieren</translation>
        </message>
        <message>
            <source>Import the rest</source>
            <translation>Den Rest importieren</translation>
        </message>
        <message>
            <source>Known categories</source>
            <translation>Bekannte Kategorien</translation>
        </message>
        <message>
            <source>Mark these images as reviewed: every object in them has its box</source>
            <translation>Diese Bilder als geprüft markieren: Jedes Objekt darauf hat seine Box</translation>
        </message>
        <message>
            <source>New categories</source>
            <translation>Neue Kategorien</translation>
        </message>
        <message>
            <source>{} in this project</source>
            <translation>{} in diesem Projekt</translation>
        </message>
        <message>
            <source>{} new</source>
            <translation>{} neu</translation>
        </message>
        <message>
            <source>{} not in it, or not usable</source>
            <translation>{} nicht darin oder nicht brauchbar</translation>
        </message>
        <message>
            <source>{} there already</source>
            <translation>{} schon da</translation>
        </message>
        <message>
            <source>{}, {}</source>
            <translation>{}, {}</translation>
        </message>
        <message>
            <source>{}: {}</source>
            <translation>{}: {}</translation>
        </message>
    </context>
    <context>
        <name>KeyCapture</name>
        <message>
            <source>Add a key…</source>
            <translation>Taste hinzufügen…</translation>
        </message>
        <message>
            <source>Press the new key…</source>
            <translation>Neue Taste drücken…</translation>
        </message>
    </context>
    <context>
        <name>KeySheet</name>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>No action matches.</source>
            <translation>Keine passende Aktion.</translation>
        </message>
        <message>
            <source>Search actions and keys</source>
            <translation>Aktionen und Tasten suchen</translation>
        </message>
        <message>
            <source>Show the actions whose name, menu or keys contain these words</source>
            <translation>Aktionen zeigen, deren Name, Menü oder Tasten diese Wörter enthalten</translation>
        </message>
    </context>
    <context>
        <name>KeysOfAction</name>
        <message>
            <source>Give the key to this action alone</source>
            <translation>Die Taste nur dieser Aktion geben</translation>
        </message>
        <message>
            <source>Give the other action the first key of this one for it</source>
            <translation>Der anderen Aktion dafür die erste Taste dieser Aktion geben</translation>
        </message>
        <message>
            <source>Let this action have its usual keys again</source>
            <translation>Dieser Aktion wieder die üblichen Tasten geben</translation>
        </message>
        <message>
            <source>Press this, then the key; press it again to leave all as it is</source>
            <translation>Dies drücken, dann die Taste; erneut drücken lässt alles, wie es ist</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>Zurücksetzen</translation>
        </message>
        <message>
            <source>Swap</source>
            <translation>Tauschen</translation>
        </message>
        <message>
            <source>Take it away there</source>
            <translation>Dort entfernen</translation>
        </message>
        <message>
            <source>Take {} away</source>
            <translation>{} entfernen</translation>
        </message>
        <message>
            <source>{} is one of its keys already.</source>
            <translation>{} ist schon eine ihrer Tasten.</translation>
        </message>
        <message>
            <source>{} is “{}”: take it away there first, or swap.</source>
            <translation>{} ist „{}“: zuerst dort entfernen oder tauschen.</translation>
        </message>
    </context>
    <context>
        <name>KeysPage</name>
        <message>
            <source>Action</source>
            <translation>Aktion</translation>
        </message>
        <message>
            <source>Actions and their keys</source>
            <translation>Aktionen und ihre Tasten</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>Keys of another program</source>
            <translation>Tasten eines anderen Programms</translation>
        </message>
        <message>
            <source>Let actions have the keys that your fingers know</source>
            <translation>Aktionen die Tasten geben, die die Finger schon kennen</translation>
        </message>
        <message>
            <source>Let every action have the keys of Boxwright again</source>
            <translation>Jeder Aktion wieder die Tasten von Boxwright geben</translation>
        </message>
        <message>
            <source>Reset all</source>
            <translation>Alle zurücksetzen</translation>
        </message>
        <message>
            <source>Search actions and keys</source>
            <translation>Aktionen und Tasten suchen</translation>
        </message>
        <message>
            <source>Show the actions whose name, menu or keys contain these words</source>
            <translation>Aktionen zeigen, deren Name, Menü oder Tasten diese Wörter enthalten</translation>
        </message>
        <message>
            <source>Take back</source>
            <translation>Zurücknehmen</translation>
        </message>
        <message>
            <source>These are the keys of Boxwright again.</source>
            <translation>Dies sind wieder die Tasten von Boxwright.</translation>
        </message>
        <message>
            <source>These are the keys of {} now, as far as it has such actions.</source>
            <translation>Dies sind jetzt die Tasten von {}, soweit es dort solche Aktionen gibt.</translation>
        </message>
    </context>
    <context>
        <name>ModelChoice</name>
        <message>
            <source>Converting {}…</source>
            <translation>{} wird umgewandelt…</translation>
        </message>
        <message>
            <source>Match categories…</source>
            <translation>Kategorien zuordnen…</translation>
        </message>
        <message>
            <source>The model is not loaded yet: try again in a moment.</source>
            <translation>Das Modell ist noch nicht geladen: gleich noch einmal versuchen.</translation>
        </message>
        <message>
            <source>This model also finds what the project has no category for: {}.</source>
            <translation>Dieses Modell findet auch, wofür das Projekt keine Kategorie hat: {}.</translation>
        </message>
        <message>
            <source>{} is being downloaded.</source>
            <translation>{} wird heruntergeladen.</translation>
        </message>
    </context>
    <context>
        <name>ModelChooser</name>
        <message>
            <source>Another machine…</source>
            <translation>Anderer Rechner…</translation>
        </message>
        <message>
            <source>Another model makes other suggestions. It never changes an annotation.</source>
            <translation>Ein anderes Modell macht andere Vorschläge. Es ändert nie eine Annotation.</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Choose the model</source>
            <translation>Modell wählen</translation>
        </message>
        <message>
            <source>Download and use</source>
            <translation>Herunterladen und verwenden</translation>
        </message>
        <message>
            <source>Forget</source>
            <translation>Vergessen</translation>
        </message>
        <message>
            <source>Match categories…</source>
            <translation>Kategorien zuordnen…</translation>
        </message>
        <message>
            <source>Open a file…</source>
            <translation>Datei öffnen…</translation>
        </message>
        <message>
            <source>Open a model</source>
            <translation>Modell öffnen</translation>
        </message>
        <message>
            <source>Say which category of this project each category of the model in use is</source>
            <translation>Festlegen, welcher Kategorie des Projekts jede Kategorie des verwendeten Modells entspricht</translation>
        </message>
        <message>
            <source>Take this detector out of the list, and delete its address and its token</source>
            <translation>Diesen Detektor aus der Liste nehmen und seine Adresse und sein Token löschen</translation>
        </message>
        <message>
            <source>Use a detector that “boxwright serve” lends, such as one on a machine with a GPU</source>
            <translation>Einen Detektor benutzen, den „boxwright serve“ verleiht, etwa auf einem Rechner mit GPU</translation>
        </message>
        <message>
            <source>Use this model</source>
            <translation>Dieses Modell verwenden</translation>
        </message>
    </context>
    <context>
        <name>NoteDialog</name>
        <message>
            <source>Keep</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Note</source>
            <translation>Notiz</translation>
        </message>
        <message>
            <source>Shift+Enter begins a new line. An empty note is none.</source>
            <translation>Umschalt+Enter beginnt eine neue Zeile. Eine leere Notiz ist keine.</translation>
        </message>
        <message>
            <source>What the next person should know about it</source>
            <translation>Was die nächste Person darüber wissen sollte</translation>
        </message>
    </context>
    <context>
        <name>Onboarding</name>
        <message>
            <source>No more hints. The settings can turn them on again.</source>
            <translation>Keine Hinweise mehr. Die Einstellungen schalten sie wieder ein.</translation>
        </message>
        <message>
            <source>Show no hints</source>
            <translation>Keine Hinweise zeigen</translation>
        </message>
    </context>
    <context>
        <name>Preferences</name>
        <message>
            <source>Not all keys of the settings could be taken over. {}</source>
            <translation>Nicht alle Tasten der Einstellungen konnten übernommen werden. {}</translation>
        </message>
    </context>
    <context>
        <name>RemoteDialog</name>
        <message>
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message>
            <source>At this address your images and the token are sent unencrypted: whoever listens on the way can read them. Better are https, or a tunnel of ssh to an address of this machine.</source>
            <translation>An diese Adresse werden Ihre Bilder und das Token unverschlüsselt geschickt: Wer unterwegs mithört, kann sie lesen. Besser sind https oder ein Tunnel von ssh zu einer Adresse dieses Rechners.</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Detector on another machine</source>
            <translation>Detektor auf einem anderen Rechner</translation>
        </message>
        <message>
            <source>The field</source>
            <translation>Das Feld</translation>
        </message>
        <message>
            <source>Token</source>
            <translation>Token</translation>
        </message>
        <message>
            <source>Use this detector</source>
            <translation>Diesen Detektor benutzen</translation>
        </message>
        <message>
            <source>“boxwright serve” on a machine with a GPU says its address, and which file has its token. The pixels of your images are sent there, and to nobody else.</source>
            <translation>„boxwright serve“ auf einem Rechner mit GPU sagt seine Adresse, und welche Datei sein Token enthält. Dorthin werden die Pixel Ihrer Bilder geschickt, und zu niemandem sonst.</translation>
        </message>
    </context>
    <context>
        <name>ReportDialog</name>
        <message>
            <source>Copy list</source>
            <translation>Liste kopieren</translation>
        </message>
    </context>
    <context>
        <name>RoundsChart</name>
        <message>
            <source>Corrections on each image, from round to round</source>
            <translation>Korrekturen je Bild, von Runde zu Runde</translation>
        </message>
        <message>
            <source>added</source>
            <translation>hinzugefügt</translation>
        </message>
        <message>
            <source>moved</source>
            <translation>verschoben</translation>
        </message>
        <message>
            <source>other category</source>
            <translation>andere Kategorie</translation>
        </message>
        <message>
            <source>removed</source>
            <translation>entfernt</translation>
        </message>
    </context>
    <context>
        <name>Serving</name>
        <message>
            <source>The base model is in use: there is nothing to go back to.</source>
            <translation>Das Basismodell ist in Gebrauch: Es gibt keines davor.</translation>
        </message>
        <message>
            <source>The embedded model</source>
            <translation>Das eingebettete Modell</translation>
        </message>
        <message>
            <source>This project was last used with the model {}, which was never opened here: the embedded model is used instead. If you trust that file, choose it in the list of models.</source>
            <translation>Dieses Projekt wurde zuletzt mit dem Modell {} benutzt, das hier nie geöffnet wurde: stattdessen wird das eingebaute Modell benutzt. Wenn Sie dieser Datei trauen, wählen Sie sie in der Liste der Modelle.</translation>
        </message>
        <message>
            <source>{} The base model is used instead.</source>
            <translation>{} Stattdessen wird das Basismodell verwendet.</translation>
        </message>
        <message>
            <source>{} cannot be used, and the model before it stays in use. {}</source>
            <translation>{} kann nicht verwendet werden, das Modell davor bleibt in Gebrauch. {}</translation>
        </message>
    </context>
    <context>
        <name>SettingsDialog</name>
        <message>
            <source>Appearance</source>
            <translation>Darstellung</translation>
        </message>
        <message>
            <source>Detector</source>
            <translation>Detektor</translation>
        </message>
        <message>
            <source>General</source>
            <translation>Allgemein</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>Pages of the settings</source>
            <translation>Seiten der Einstellungen</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
    </context>
    <context>
        <name>StatisticsPanel</name>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>Wird gezählt…</translation>
        </message>
        <message>
            <source>How the work goes</source>
            <translation>Wie die Arbeit vorangeht</translation>
        </message>
        <message>
            <source>Nobody has decided anything yet. From the first box on there will be: the boxes of each category, how many suggestions of each model version were right as they were, how many corrections an image takes from round to round, and what was done on each day in how much active time.</source>
            <translation>Noch wurde nichts entschieden. Ab der ersten Box steht hier: die Boxen jeder Kategorie, wie viele Vorschläge jeder Modellversion unverändert richtig waren, wie viele Korrekturen ein Bild von Runde zu Runde braucht und was an jedem Tag in wie viel aktiver Zeit getan wurde.</translation>
        </message>
        <message>
            <source>Put this panel away</source>
            <translation>Diesen Bereich ausblenden</translation>
        </message>
        <message>
            <source>Save as CSV…</source>
            <translation>Als CSV speichern…</translation>
        </message>
        <message>
            <source>Save the statistics</source>
            <translation>Statistik speichern</translation>
        </message>
        <message>
            <source>The statistics were saved to {}.</source>
            <translation>Die Statistik wurde in {} gespeichert.</translation>
        </message>
    </context>
    <context>
        <name>StatusBar</name>
        <message>
            <source> The network was at work for {} of the time.</source>
            <translation> Das Netz war {} der Zeit bei der Arbeit.</translation>
        </message>
        <message>
            <source> {} could not be read.</source>
            <translation> {} nicht lesbar.</translation>
        </message>
        <message>
            <source>All saved</source>
            <translation>Alles gespeichert</translation>
        </message>
        <message>
            <source>Detector: loading…</source>
            <translation>Detektor: lädt…</translation>
        </message>
        <message>
            <source>Detector: not started</source>
            <translation>Detektor: nicht gestartet</translation>
        </message>
        <message>
            <source>Detector: starting…</source>
            <translation>Detektor: startet…</translation>
        </message>
        <message>
            <source>Looking…</source>
            <translation>Untersucht…</translation>
        </message>
        <message>
            <source>No detector</source>
            <translation>Kein Detektor</translation>
        </message>
        <message>
            <source>Not saved</source>
            <translation>Nicht gespeichert</translation>
        </message>
        <message>
            <source>Paused at {} of {}</source>
            <translation>Angehalten bei {} von {}</translation>
        </message>
        <message>
            <source>Project: {}</source>
            <translation>Projekt: {}</translation>
        </message>
        <message>
            <source>Read-only</source>
            <translation>Nur lesen</translation>
        </message>
        <message>
            <source>Stopped after {} of {} images.</source>
            <translation>Nach {} von {} Bildern angehalten.</translation>
        </message>
        <message>
            <source>The detector has looked at 1 image.</source>
            <translation>Der Detektor hat 1 Bild untersucht.</translation>
        </message>
        <message>
            <source>The detector has looked at {} images.</source>
            <translation>Der Detektor hat {} Bilder untersucht.</translation>
        </message>
        <message>
            <source>The image folder cannot be written, so this project lies in {}.</source>
            <translation>In den Bilderordner kann nicht geschrieben werden, daher liegt dieses Projekt in {}.</translation>
        </message>
        <message>
            <source>The network is at work for this share of the time; the rest goes into reading the files.</source>
            <translation>So viel der Zeit ist das Netz bei der Arbeit; der Rest geht ins Lesen der Dateien.</translation>
        </message>
        <message>
            <source>Tile {} of {}</source>
            <translation>Kachel {} von {}</translation>
        </message>
        <message>
            <source>network busy {}</source>
            <translation>Netz zu {} ausgelastet</translation>
        </message>
        <message>
            <source>no suggestions</source>
            <translation>keine Vorschläge</translation>
        </message>
        <message>
            <source>{} of {}, {}/s</source>
            <translation>{} von {}, {}/s</translation>
        </message>
        <message>
            <source>{} undecided</source>
            <translation>{} offen</translation>
        </message>
        <message>
            <source>{} unsaved</source>
            <translation>{} ungespeichert</translation>
        </message>
        <message>
            <source>{}, model version {}. Press to choose another model.</source>
            <translation>{}, Modellversion {}. Drücken, um ein anderes Modell zu wählen.</translation>
        </message>
    </context>
    <context>
        <name>Survey</name>
        <message>
            <source>Looking through the predictions</source>
            <translation>Vorhersagen werden durchgesehen</translation>
        </message>
    </context>
    <context>
        <name>ThresholdRow</name>
        <message>
            <source>The detector keeps nothing below {}.</source>
            <translation>Der Detektor behält nichts unter {}.</translation>
        </message>
    </context>
    <context>
        <name>TrainingCurves</name>
        <message>
            <source>AP50 on held-out images</source>
            <translation>AP50 auf zurückgehaltenen Bildern</translation>
        </message>
        <message>
            <source>Loss</source>
            <translation>Loss</translation>
        </message>
    </context>
    <context>
        <name>TrainingExample</name>
        <message>
            <source>Before</source>
            <translation>Vorher</translation>
        </message>
        <message>
            <source>{}, held out of learning</source>
            <translation>{}, vom Lernen zurückgehalten</translation>
        </message>
    </context>
    <context>
        <name>TrainingPanel</name>
        <message>
            <source>A fine-tune is under way already. You can cancel it or let it finish now.</source>
            <translation>Ein Nachtraining läuft bereits. Es lässt sich abbrechen oder jetzt beenden.</translation>
        </message>
        <message>
            <source>A fine-tune would help: {fine-tune}</source>
            <translation>Nachtrainieren würde helfen: {fine-tune}</translation>
        </message>
        <message>
            <source>Exported {} to {}.</source>
            <translation>{} nach {} exportiert.</translation>
        </message>
        <message>
            <source>Fine-tune on my corrections</source>
            <translation>Mit eigenen Korrekturen nachtrainieren</translation>
        </message>
        <message>
            <source>Fine-tuning: {}, {} %</source>
            <translation>Nachtraining: {}, {} %</translation>
        </message>
        <message>
            <source>Fine-tuning…</source>
            <translation>Nachtraining läuft…</translation>
        </message>
        <message>
            <source>No image is reviewed yet, so nothing says what is background: {reviewed} marks one.</source>
            <translation>Noch ist kein Bild geprüft, also sagt nichts, was Hintergrund ist: {reviewed} markiert eines.</translation>
        </message>
        <message>
            <source>Put this panel away; a run goes on</source>
            <translation>Dieses Feld schließen; eine Messung läuft weiter</translation>
        </message>
        <message>
            <source>The fine-tune ended without a new version.</source>
            <translation>Das Nachtraining endete ohne neue Version.</translation>
        </message>
        <message>
            <source>The fine-tune was cancelled.</source>
            <translation>Das Nachtraining wurde abgebrochen.</translation>
        </message>
        <message>
            <source>cancelling…</source>
            <translation>wird abgebrochen…</translation>
        </message>
        <message>
            <source>finishing…</source>
            <translation>wird beendet…</translation>
        </message>
        <message>
            <source>going on to the whole…</source>
            <translation>weiter mit dem ganzen Detektor…</translation>
        </message>
    </context>
    <context>
        <name>TrainingResult</name>
        <message>
            <source>Keep it</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Keep the one before</source>
            <translation>Vorige behalten</translation>
        </message>
        <message>
            <source>Let it serve all the same; {roll-back} goes back at any time</source>
            <translation>Trotzdem in Gebrauch nehmen; {roll-back} geht jederzeit zurück</translation>
        </message>
        <message>
            <source>Let the version before serve again</source>
            <translation>Die vorige Version wieder verwenden</translation>
        </message>
        <message>
            <source>Proposed score threshold: {} (now {})</source>
            <translation>Empfohlene Konfidenzschwelle: {} (jetzt {})</translation>
        </message>
        <message>
            <source>Roll back</source>
            <translation>Zurückgehen</translation>
        </message>
        <message>
            <source>Take it</source>
            <translation>Übernehmen</translation>
        </message>
        <message>
            <source>The score threshold is {}, as proposed.</source>
            <translation>Die Konfidenzschwelle ist {}, wie empfohlen.</translation>
        </message>
        <message>
            <source>Use it anyway</source>
            <translation>Trotzdem verwenden</translation>
        </message>
        <message>
            <source>{} could not be measured: too few reviewed images are new to it.</source>
            <translation>{} war nicht messbar: Zu wenige geprüfte Bilder sind neu für sie.</translation>
        </message>
        <message>
            <source>{} is better and in use.</source>
            <translation>{} ist besser und in Gebrauch.</translation>
        </message>
        <message>
            <source>{} is in use: it is about as good as the one before.</source>
            <translation>{} ist in Gebrauch: etwa so gut wie der vorige Stand.</translation>
        </message>
        <message>
            <source>{} is no better: the one before stays in use.</source>
            <translation>{} ist nicht besser: die vorige bleibt in Gebrauch.</translation>
        </message>
    </context>
    <context>
        <name>TrainingRun</name>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>End this stage and train the whole detector, whether it seems to pay or not</source>
            <translation>Diese Stufe beenden und den ganzen Detektor trainieren, ob es sich zu lohnen scheint oder nicht</translation>
        </message>
        <message>
            <source>Finish now</source>
            <translation>Jetzt beenden</translation>
        </message>
        <message>
            <source>Go to the whole</source>
            <translation>Weiter zum Ganzen</translation>
        </message>
        <message>
            <source>Starting…</source>
            <translation>Startet…</translation>
        </message>
        <message>
            <source>Stop learning here and keep the best so far</source>
            <translation>Das Lernen hier anhalten und das bisher Beste behalten</translation>
        </message>
        <message>
            <source>Stop learning here; what was put to use stays in use</source>
            <translation>Das Lernen hier anhalten; was in Gebrauch genommen wurde, bleibt in Gebrauch</translation>
        </message>
        <message>
            <source>You can go on labeling.</source>
            <translation>Das Annotieren kann weitergehen.</translation>
        </message>
    </context>
    <context>
        <name>TrainingStart</name>
        <message>
            <source>After the head, the whole detector can go on learning. It takes minutes, and pays unless the images held out show that nothing is left to gain.</source>
            <translation>Nach dem Kopf kann der ganze Detektor weiterlernen. Das dauert Minuten und lohnt sich, solange die zurückgehaltenen Bilder nicht zeigen, dass nichts mehr zu gewinnen ist.</translation>
        </message>
        <message>
            <source>Fine-tune</source>
            <translation>Nachtrainieren</translation>
        </message>
        <message>
            <source>Fine-tune on my corrections</source>
            <translation>Mit eigenen Korrekturen nachtrainieren</translation>
        </message>
        <message>
            <source>Whole detector</source>
            <translation>Ganzer Detektor</translation>
        </message>
    </context>
    <context>
        <name>Tuning</name>
        <message>
            <source> since the last fine-tune</source>
            <translation> seit dem letzten Nachtraining</translation>
        </message>
        <message>
            <source>1 image is not in the folder any more: it is left out.</source>
            <translation>1 Bild ist nicht mehr im Ordner: es bleibt außen vor.</translation>
        </message>
        <message>
            <source>1 image is not reviewed and has no decided box: it is left out.</source>
            <translation>1 Bild ist ungeprüft und hat keine entschiedene Box: es bleibt außen vor.</translation>
        </message>
        <message>
            <source>1 image is not reviewed: only the boxes decided on count.</source>
            <translation>1 Bild ist ungeprüft: nur die entschiedenen Boxen zählen.</translation>
        </message>
        <message>
            <source>1 image is too large to learn from: it is left out.</source>
            <translation>1 Bild ist zu groß, um daraus zu lernen: Es wird ausgelassen.</translation>
        </message>
        <message>
            <source>1 image was</source>
            <translation>1 Bild wurde</translation>
        </message>
        <message>
            <source>The detector is not running yet: try again in a moment.</source>
            <translation>Der Detektor läuft noch nicht: gleich noch einmal versuchen.</translation>
        </message>
        <message>
            <source>{} corrected{}: a fine-tune would probably help.</source>
            <translation>{}{} korrigiert: Nachtrainieren würde wohl helfen.</translation>
        </message>
        <message>
            <source>{} images are not in the folder any more: they are left out.</source>
            <translation>{} Bilder sind nicht mehr im Ordner: sie bleiben außen vor.</translation>
        </message>
        <message>
            <source>{} images are not reviewed and have no decided box: they are left out.</source>
            <translation>{} Bilder sind ungeprüft und haben keine entschiedene Box: sie bleiben außen vor.</translation>
        </message>
        <message>
            <source>{} images are not reviewed: only the boxes decided on count.</source>
            <translation>{} Bilder sind ungeprüft: nur die entschiedenen Boxen zählen.</translation>
        </message>
        <message>
            <source>{} images are too large to learn from: they are left out.</source>
            <translation>{} Bilder sind zu groß, um daraus zu lernen: Sie werden ausgelassen.</translation>
        </message>
        <message>
            <source>{} images were</source>
            <translation>{} Bilder wurden</translation>
        </message>
    </context>
    <context>
        <name>UnfinishedLine</name>
        <message>
            <source>1 reviewed image looks unfinished: most of what the detector sees there has no box. A fine-tune takes all that for background.</source>
            <translation>1 geprüftes Bild sieht unfertig aus: das meiste, was der Detektor dort sieht, hat keine Box. Ein Nachtraining hält all das für Hintergrund.</translation>
        </message>
        <message>
            <source>Show it</source>
            <translation>Bild zeigen</translation>
        </message>
        <message>
            <source>Show them</source>
            <translation>Bilder zeigen</translation>
        </message>
        <message>
            <source>{} reviewed images look unfinished: most of what the detector sees there has no box. A fine-tune takes all that for background.</source>
            <translation>{} geprüfte Bilder sehen unfertig aus: das meiste, was der Detektor dort sieht, hat keine Box. Ein Nachtraining hält all das für Hintergrund.</translation>
        </message>
    </context>
    <context>
        <name>UnsavedChanges</name>
        <message>
            <source>All is saved.</source>
            <translation>Alles ist gespeichert.</translation>
        </message>
        <message>
            <source>Save a copy of the project</source>
            <translation>Eine Kopie des Projekts speichern</translation>
        </message>
        <message>
            <source>Save a copy…</source>
            <translation>Kopie speichern …</translation>
        </message>
        <message>
            <source>The copy is {}. `boxwright repair FOLDER --from FILE` makes a project of it again.</source>
            <translation>Die Kopie ist {}. „boxwright repair ORDNER --from DATEI“ macht wieder ein Projekt daraus.</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>Erneut versuchen</translation>
        </message>
    </context>
    <context>
        <name>UnsavedQuestion</name>
        <message>
            <source>Close and lose one change</source>
            <translation>Schließen und eine Änderung verlieren</translation>
        </message>
        <message>
            <source>Close and lose {} changes</source>
            <translation>Schließen und {} Änderungen verlieren</translation>
        </message>
        <message>
            <source>Go on working</source>
            <translation>Weiterarbeiten</translation>
        </message>
        <message>
            <source>Not saved</source>
            <translation>Nicht gespeichert</translation>
        </message>
        <message>
            <source>Save a copy of the project elsewhere, and close</source>
            <translation>Eine Kopie des Projekts woanders speichern und schließen</translation>
        </message>
        <message>
            <source>Try to save again</source>
            <translation>Erneut speichern</translation>
        </message>
    </context>
    <context>
        <name>VersionsList</name>
        <message>
            <source>Base: before any fine-tune</source>
            <translation>Basis: vor jedem Nachtraining</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Löschen</translation>
        </message>
        <message>
            <source>Delete a model version</source>
            <translation>Modellversion löschen</translation>
        </message>
        <message>
            <source>Delete {}? Its file is deleted with it, and this cannot be undone.</source>
            <translation>{} löschen? Die Datei wird mit gelöscht; das lässt sich nicht rückgängig machen.</translation>
        </message>
        <message>
            <source>Delete…</source>
            <translation>Löschen…</translation>
        </message>
        <message>
            <source>Export {}</source>
            <translation>{} exportieren</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>Exportieren…</translation>
        </message>
        <message>
            <source>In use</source>
            <translation>In Gebrauch</translation>
        </message>
        <message>
            <source>Model versions</source>
            <translation>Modellversionen</translation>
        </message>
        <message>
            <source>Save this version as a file that “boxwright detect --model” takes</source>
            <translation>Diese Version als Datei speichern, die „boxwright detect --model“ annimmt</translation>
        </message>
        <message>
            <source>The model that was chosen, as it came</source>
            <translation>Das gewählte Modell im Ausgangszustand</translation>
        </message>
        <message>
            <source>The version in use cannot be deleted</source>
            <translation>Die Version in Gebrauch kann nicht gelöscht werden</translation>
        </message>
        <message>
            <source>Use</source>
            <translation>Verwenden</translation>
        </message>
    </context>
    <context>
        <name>VersionsTable</name>
        <message>
            <source>Boxes that you drew while this model was in use</source>
            <translation>Boxen, die gezeichnet wurden, während dieses Modell in Gebrauch war</translation>
        </message>
        <message>
            <source>Decided</source>
            <translation>Entschieden</translation>
        </message>
        <message>
            <source>Missed</source>
            <translation>Übersehen</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>Modelle</translation>
        </message>
        <message>
            <source>Right</source>
            <translation>Richtig</translation>
        </message>
        <message>
            <source>Share of these that you accepted as they were</source>
            <translation>Anteil davon, der unverändert angenommen wurde</translation>
        </message>
        <message>
            <source>Suggestions of this model that you decided on</source>
            <translation>Vorschläge dieses Modells, über die entschieden wurde</translation>
        </message>
    </context>
    <context>
        <name>WelcomePage</name>
        <message>
            <source>Boxes that exist already, together with their images.</source>
            <translation>Schon vorhandene Boxen samt ihren Bildern.</translation>
        </message>
        <message>
            <source>Draw boxes around objects. A detector looks first; you accept, correct or reject.</source>
            <translation>Boxen um Objekte zeichnen. Ein Detektor schaut zuerst; danach annehmen, korrigieren oder ablehnen.</translation>
        </message>
        <message>
            <source>Label the images of a folder; go on where you stopped.</source>
            <translation>Die Bilder eines Ordners annotieren; dort weitermachen, wo zuletzt aufgehört wurde.</translation>
        </message>
        <message>
            <source>Open COCO JSON</source>
            <translation>COCO-JSON öffnen</translation>
        </message>
        <message>
            <source>Open a folder</source>
            <translation>Ordner öffnen</translation>
        </message>
        <message>
            <source>Open a folder of images</source>
            <translation>Ordner mit Bildern öffnen</translation>
        </message>
        <message>
            <source>Recent projects</source>
            <translation>Letzte Projekte</translation>
        </message>
        <message>
            <source>Sample images, and the detector at work on them.</source>
            <translation>Beispielbilder und der Detektor bei der Arbeit daran.</translation>
        </message>
        <message>
            <source>Try the demo</source>
            <translation>Demo ausprobieren</translation>
        </message>
        <message>
            <source>Welcome</source>
            <translation>Willkommen</translation>
        </message>
        <message>
            <source>You can also drop a folder of images here.</source>
            <translation>Ein Bilderordner lässt sich auch hier ablegen.</translation>
        </message>
    </context>
    <context>
        <name>WorstTable</name>
        <message>
            <source>Boxes of yours that no suggestion covers</source>
            <translation>Eigene Boxen, die kein Vorschlag abdeckt</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Images with most mistakes</source>
            <translation>Bilder mit den meisten Fehlern</translation>
        </message>
        <message>
            <source>Missed</source>
            <translation>Übersehen</translation>
        </message>
        <message>
            <source>Suggestions where there is no such box of yours</source>
            <translation>Vorschläge, wo es keine solche eigene Box gibt</translation>
        </message>
        <message>
            <source>Wrong</source>
            <translation>Falsch</translation>
        </message>
    </context>
    <context>
        <name>_Changes</name>
        <message>
            <source>What will change</source>
            <translation>Was sich ändert</translation>
        </message>
    </context>
    <context>
        <name>_Figures</name>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Day by day</source>
            <translation>Tag für Tag</translation>
        </message>
        <message>
            <source>Suggestions and corrections</source>
            <translation>Vorschläge und Korrekturen</translation>
        </message>
    </context>
    <context>
        <name>_RecentRow</name>
        <message>
            <source>Open {}</source>
            <translation>{} öffnen</translation>
        </message>
    </context>
    <context>
        <name>_Run</name>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>You can go on labeling.</source>
            <translation>Das Annotieren kann weitergehen.</translation>
        </message>
    </context>
    <context>
        <name>_Table</name>
        <message>
            <source>AP50</source>
            <translation>AP50</translation>
        </message>
        <message>
            <source>Categories</source>
            <translation>Kategorien</translation>
        </message>
        <message>
            <source>Categories of the model</source>
            <translation>Kategorien des Modells</translation>
        </message>
        <message>
            <source>From</source>
            <translation>Von</translation>
        </message>
        <message>
            <source>In this project</source>
            <translation>In diesem Projekt</translation>
        </message>
        <message>
            <source>In use</source>
            <translation>In Gebrauch</translation>
        </message>
        <message>
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <source>Made</source>
            <translation>Erstellt</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>Model versions</source>
            <translation>Modellversionen</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>Modelle</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Speed here</source>
            <translation>Tempo hier</translation>
        </message>
        <message>
            <source>Stage</source>
            <translation>Stufe</translation>
        </message>
        <message>
            <source>The model says</source>
            <translation>Das Modell sagt</translation>
        </message>
        <message>
            <source>Version</source>
            <translation>Version</translation>
        </message>
    </context>
    <context>
        <name>_TargetChoice</name>
        <message>
            <source>Ignore</source>
            <translation>Ignorieren</translation>
        </message>
        <message>
            <source>New category “{}”</source>
            <translation>Neue Kategorie „{}“</translation>
        </message>
        <message>
            <source>The category that I draw in</source>
            <translation>Kategorie, in der gezeichnet wird</translation>
        </message>
    </context>
    <context>
        <name>_Targets</name>
        <message>
            <source>Category that takes the boxes over</source>
            <translation>Kategorie, die die Boxen übernimmt</translation>
        </message>
    </context>
    <context>
        <name>actions</name>
        <message>
            <source>About Boxwright</source>
            <translation>Über Boxwright</translation>
        </message>
        <message>
            <source>Accept all of its category</source>
            <translation>Alle derselben Kategorie annehmen</translation>
        </message>
        <message>
            <source>Accept all visible</source>
            <translation>Alle sichtbaren annehmen</translation>
        </message>
        <message>
            <source>Accept suggestion</source>
            <translation>Vorschlag annehmen</translation>
        </message>
        <message>
            <source>Accept the suggestion, the closer fit that is offered, or the detector's box of a difference</source>
            <translation>Den Vorschlag, die angebotene genauere Box oder die Box des Detektors bei einem Unterschied annehmen</translation>
        </message>
        <message>
            <source>Actual size</source>
            <translation>Originalgröße</translation>
        </message>
        <message>
            <source>Add the boxes in a band to the selection</source>
            <translation>Boxen in einem Rahmen zur Auswahl hinzufügen</translation>
        </message>
        <message>
            <source>Alt+wheel</source>
            <translation>Alt+Mausrad</translation>
        </message>
        <message>
            <source>Box</source>
            <translation>Box</translation>
        </message>
        <message>
            <source>Cancel drawing, else refuse the offer, else reject the suggestion or keep your box, else deselect</source>
            <translation>Zeichnen abbrechen, sonst Angebot ausschlagen, sonst Vorschlag ablehnen oder eigene Box behalten, sonst Auswahl aufheben</translation>
        </message>
        <message>
            <source>Cancel the evaluation</source>
            <translation>Auswertung abbrechen</translation>
        </message>
        <message>
            <source>Cancel the fine-tune</source>
            <translation>Nachtraining abbrechen</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>Kategorie</translation>
        </message>
        <message>
            <source>Category 1</source>
            <translation>Kategorie 1</translation>
        </message>
        <message>
            <source>Category 10</source>
            <translation>Kategorie 10</translation>
        </message>
        <message>
            <source>Category 2</source>
            <translation>Kategorie 2</translation>
        </message>
        <message>
            <source>Category 3</source>
            <translation>Kategorie 3</translation>
        </message>
        <message>
            <source>Category 4</source>
            <translation>Kategorie 4</translation>
        </message>
        <message>
            <source>Category 5</source>
            <translation>Kategorie 5</translation>
        </message>
        <message>
            <source>Category 6</source>
            <translation>Kategorie 6</translation>
        </message>
        <message>
            <source>Category 7</source>
            <translation>Kategorie 7</translation>
        </message>
        <message>
            <source>Category 8</source>
            <translation>Kategorie 8</translation>
        </message>
        <message>
            <source>Category 9</source>
            <translation>Kategorie 9</translation>
        </message>
        <message>
            <source>Category of the selected box, else of the next one</source>
            <translation>Kategorie der gewählten Box, sonst der nächsten</translation>
        </message>
        <message>
            <source>Choose the model…</source>
            <translation>Modell wählen…</translation>
        </message>
        <message>
            <source>Close project</source>
            <translation>Projekt schließen</translation>
        </message>
        <message>
            <source>Colours of the system</source>
            <translation>Farben des Systems</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <source>Copy the previous image's boxes</source>
            <translation>Boxen des vorigen Bilds kopieren</translation>
        </message>
        <message>
            <source>Crowd: many objects in one box</source>
            <translation>Menge: viele Objekte in einer Box</translation>
        </message>
        <message>
            <source>Ctrl+Shift+arrow</source>
            <translation>Strg+Umschalt+Pfeil</translation>
        </message>
        <message>
            <source>Ctrl+arrow</source>
            <translation>Strg+Pfeil</translation>
        </message>
        <message>
            <source>Ctrl+click</source>
            <translation>Strg+Klick</translation>
        </message>
        <message>
            <source>Ctrl+drag</source>
            <translation>Strg+Ziehen</translation>
        </message>
        <message>
            <source>Ctrl+wheel</source>
            <translation>Strg+Mausrad</translation>
        </message>
        <message>
            <source>Dark colours</source>
            <translation>Dunkle Farben</translation>
        </message>
        <message>
            <source>Delete box</source>
            <translation>Box löschen</translation>
        </message>
        <message>
            <source>Delete the category…</source>
            <translation>Kategorie löschen…</translation>
        </message>
        <message>
            <source>Detect all images, or stop it</source>
            <translation>Alle Bilder untersuchen oder anhalten</translation>
        </message>
        <message>
            <source>Detect large images in tiles</source>
            <translation>Große Bilder in Kacheln untersuchen</translation>
        </message>
        <message>
            <source>Detect this image again</source>
            <translation>Dieses Bild erneut untersuchen</translation>
        </message>
        <message>
            <source>Detector</source>
            <translation>Detektor</translation>
        </message>
        <message>
            <source>Difficult to see</source>
            <translation>Schwierig zu erkennen</translation>
        </message>
        <message>
            <source>Draw a box</source>
            <translation>Box zeichnen</translation>
        </message>
        <message>
            <source>Draw a box by four points</source>
            <translation>Box durch vier Punkte zeichnen</translation>
        </message>
        <message>
            <source>Duplicate box</source>
            <translation>Box duplizieren</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Bearbeiten</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>Exportieren…</translation>
        </message>
        <message>
            <source>Find a category by typing…</source>
            <translation>Kategorie durch Tippen finden…</translation>
        </message>
        <message>
            <source>Find an action…</source>
            <translation>Aktion finden…</translation>
        </message>
        <message>
            <source>Find images</source>
            <translation>Bilder suchen</translation>
        </message>
        <message>
            <source>Fine-tune on my corrections</source>
            <translation>Mit eigenen Korrekturen nachtrainieren</translation>
        </message>
        <message>
            <source>Finish the fine-tune now</source>
            <translation>Nachtraining jetzt beenden</translation>
        </message>
        <message>
            <source>Fit the image</source>
            <translation>Bild einpassen</translation>
        </message>
        <message>
            <source>Flag as unsure</source>
            <translation>Als unsicher markieren</translation>
        </message>
        <message>
            <source>Flags</source>
            <translation>Merkmale</translation>
        </message>
        <message>
            <source>Go to the list of categories</source>
            <translation>Zur Kategorienliste gehen</translation>
        </message>
        <message>
            <source>Guide</source>
            <translation>Handbuch</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>Hilfe</translation>
        </message>
        <message>
            <source>Hide all boxes</source>
            <translation>Alle Boxen ausblenden</translation>
        </message>
        <message>
            <source>Hide boxes of this category</source>
            <translation>Boxen dieser Kategorie ausblenden</translation>
        </message>
        <message>
            <source>Hide the boxes of the selected box's category, else of the next one's</source>
            <translation>Boxen der Kategorie der gewählten Box ausblenden, sonst der nächsten</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Import a folder of annotations…</source>
            <translation>Ordner mit Annotationen importieren…</translation>
        </message>
        <message>
            <source>Import annotations…</source>
            <translation>Annotationen importieren…</translation>
        </message>
        <message>
            <source>Keep the zoom from image to image</source>
            <translation>Zoom von Bild zu Bild behalten</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>Light colours</source>
            <translation>Helle Farben</translation>
        </message>
        <message>
            <source>Lock the box</source>
            <translation>Box sperren</translation>
        </message>
        <message>
            <source>Lock the box, or unlock it</source>
            <translation>Box sperren oder entsperren</translation>
        </message>
        <message>
            <source>Look for new images in the folder</source>
            <translation>Nach neuen Bildern im Ordner suchen</translation>
        </message>
        <message>
            <source>Lower the NMS IoU</source>
            <translation>NMS IoU senken</translation>
        </message>
        <message>
            <source>Lower the score threshold</source>
            <translation>Konfidenzschwelle senken</translation>
        </message>
        <message>
            <source>Mark or unmark reviewed, stay</source>
            <translation>Geprüft setzen oder aufheben, bleiben</translation>
        </message>
        <message>
            <source>Mark reviewed, go to the next</source>
            <translation>Als geprüft markieren, weiter zum nächsten</translation>
        </message>
        <message>
            <source>Match the model's categories…</source>
            <translation>Kategorien des Modells zuordnen…</translation>
        </message>
        <message>
            <source>Measure the detector on the reviewed images</source>
            <translation>Den Detektor an den geprüften Bildern messen</translation>
        </message>
        <message>
            <source>Merge the category into another…</source>
            <translation>Kategorie mit einer anderen zusammenführen…</translation>
        </message>
        <message>
            <source>Most useful image first</source>
            <translation>Nützlichstes Bild zuerst</translation>
        </message>
        <message>
            <source>Move the box by 1 pixel</source>
            <translation>Box um 1 Pixel verschieben</translation>
        </message>
        <message>
            <source>Move the box by 10 pixels</source>
            <translation>Box um 10 Pixel verschieben</translation>
        </message>
        <message>
            <source>Move the category down</source>
            <translation>Kategorie nach unten verschieben</translation>
        </message>
        <message>
            <source>Move the category up</source>
            <translation>Kategorie nach oben verschieben</translation>
        </message>
        <message>
            <source>Move the image</source>
            <translation>Bild verschieben</translation>
        </message>
        <message>
            <source>Move the selected boxes or resize the box; beside all boxes: select those in a band</source>
            <translation>Gewählte Boxen verschieben oder Box in der Größe ändern; neben allen Boxen: die in einem Rahmen wählen</translation>
        </message>
        <message>
            <source>New category</source>
            <translation>Neue Kategorie</translation>
        </message>
        <message>
            <source>Next box</source>
            <translation>Nächste Box</translation>
        </message>
        <message>
            <source>Next image</source>
            <translation>Nächstes Bild</translation>
        </message>
        <message>
            <source>Next part of the window</source>
            <translation>Nächster Teil des Fensters</translation>
        </message>
        <message>
            <source>Next unreviewed image</source>
            <translation>Nächstes ungeprüftes Bild</translation>
        </message>
        <message>
            <source>Occluded by something before it</source>
            <translation>Verdeckt durch etwas davor</translation>
        </message>
        <message>
            <source>Open COCO JSON…</source>
            <translation>COCO-JSON öffnen…</translation>
        </message>
        <message>
            <source>Open folder…</source>
            <translation>Ordner öffnen…</translation>
        </message>
        <message>
            <source>Open the demo</source>
            <translation>Demo öffnen</translation>
        </message>
        <message>
            <source>Open the log folder</source>
            <translation>Ordner des Protokolls öffnen</translation>
        </message>
        <message>
            <source>Part of the window before</source>
            <translation>Voriger Teil des Fensters</translation>
        </message>
        <message>
            <source>Paste</source>
            <translation>Einfügen</translation>
        </message>
        <message>
            <source>Pause detecting all images, or go on</source>
            <translation>Detektion aller Bilder anhalten oder fortsetzen</translation>
        </message>
        <message>
            <source>Previous box</source>
            <translation>Vorige Box</translation>
        </message>
        <message>
            <source>Previous image</source>
            <translation>Voriges Bild</translation>
        </message>
        <message>
            <source>Previous unreviewed image</source>
            <translation>Voriges ungeprüftes Bild</translation>
        </message>
        <message>
            <source>Project</source>
            <translation>Projekt</translation>
        </message>
        <message>
            <source>Pull that side of the box back</source>
            <translation>Diese Seite der Box zurückziehen</translation>
        </message>
        <message>
            <source>Push that side of the box out</source>
            <translation>Diese Seite der Box nach außen schieben</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>Raise the NMS IoU</source>
            <translation>NMS IoU erhöhen</translation>
        </message>
        <message>
            <source>Raise the score threshold</source>
            <translation>Konfidenzschwelle erhöhen</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>Wiederholen</translation>
        </message>
        <message>
            <source>Reject all of its category</source>
            <translation>Alle derselben Kategorie ablehnen</translation>
        </message>
        <message>
            <source>Reject all visible</source>
            <translation>Alle sichtbaren ablehnen</translation>
        </message>
        <message>
            <source>Reject suggestion</source>
            <translation>Vorschlag ablehnen</translation>
        </message>
        <message>
            <source>Rename the category</source>
            <translation>Kategorie umbenennen</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Prüfen</translation>
        </message>
        <message>
            <source>Roll back to the version before</source>
            <translation>Zur vorigen Version zurückgehen</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>Speichern</translation>
        </message>
        <message>
            <source>Score threshold…</source>
            <translation>Konfidenzschwelle…</translation>
        </message>
        <message>
            <source>Scroll, with Shift sideways</source>
            <translation>Scrollen, mit Umschalt seitwärts</translation>
        </message>
        <message>
            <source>Select a box, again: one deeper; with proposals shown: box the object, again: the next choice</source>
            <translation>Box wählen, erneut: eine tiefer; mit gezeigten Regionen: Box um das Objekt, erneut: die nächste Wahl</translation>
        </message>
        <message>
            <source>Select all boxes</source>
            <translation>Alle Boxen auswählen</translation>
        </message>
        <message>
            <source>Select and edit</source>
            <translation>Auswählen und bearbeiten</translation>
        </message>
        <message>
            <source>Select one more box, or one less</source>
            <translation>Eine Box mehr oder weniger wählen</translation>
        </message>
        <message>
            <source>Settings…</source>
            <translation>Einstellungen…</translation>
        </message>
        <message>
            <source>Shift+arrow</source>
            <translation>Umschalt+Pfeil</translation>
        </message>
        <message>
            <source>Shift+click</source>
            <translation>Umschalt+Klick</translation>
        </message>
        <message>
            <source>Shift+drag</source>
            <translation>Umschalt+Ziehen</translation>
        </message>
        <message>
            <source>Show all images, by name</source>
            <translation>Alle Bilder anzeigen, nach Name</translation>
        </message>
        <message>
            <source>Show boxes of all categories</source>
            <translation>Boxen aller Kategorien anzeigen</translation>
        </message>
        <message>
            <source>Show fine-tuning and model versions</source>
            <translation>Nachtraining und Modellversionen anzeigen</translation>
        </message>
        <message>
            <source>Show only boxes of this category</source>
            <translation>Nur Boxen dieser Kategorie anzeigen</translation>
        </message>
        <message>
            <source>Show proposals</source>
            <translation>Kandidatenregionen anzeigen</translation>
        </message>
        <message>
            <source>Show suggestions</source>
            <translation>Vorschläge anzeigen</translation>
        </message>
        <message>
            <source>Show the evaluation</source>
            <translation>Auswertung anzeigen</translation>
        </message>
        <message>
            <source>Show the statistics</source>
            <translation>Statistik anzeigen</translation>
        </message>
        <message>
            <source>Show where you and the detector differ</source>
            <translation>Unterschiede zum Detektor anzeigen</translation>
        </message>
        <message>
            <source>Space+drag</source>
            <translation>Leertaste+Ziehen</translation>
        </message>
        <message>
            <source>Supercategory…</source>
            <translation>Oberkategorie…</translation>
        </message>
        <message>
            <source>The most useful image comes next, or the next one in file order</source>
            <translation>Als Nächstes kommt das nützlichste Bild oder das nächste nach Dateiname</translation>
        </message>
        <message>
            <source>Truncated by the border</source>
            <translation>Abgeschnitten vom Bildrand</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
        <message>
            <source>View</source>
            <translation>Ansicht</translation>
        </message>
        <message>
            <source>What finds images</source>
            <translation>Was Bilder findet</translation>
        </message>
        <message>
            <source>What may be done to the box</source>
            <translation>Was mit der Box getan werden kann</translation>
        </message>
        <message>
            <source>With proposals shown: a larger or smaller box</source>
            <translation>Mit gezeigten Regionen: eine größere oder kleinere Box</translation>
        </message>
        <message>
            <source>Write a note…</source>
            <translation>Notiz schreiben…</translation>
        </message>
        <message>
            <source>Zoom at the pointer</source>
            <translation>Zoom am Mauszeiger</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>Vergrößern</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>Verkleinern</translation>
        </message>
        <message>
            <source>Zoom to the box</source>
            <translation>Auf die Box zoomen</translation>
        </message>
        <message>
            <source>arrow</source>
            <translation>Pfeil</translation>
        </message>
        <message>
            <source>click</source>
            <translation>Klick</translation>
        </message>
        <message>
            <source>drag</source>
            <translation>Ziehen</translation>
        </message>
        <message>
            <source>middle button</source>
            <translation>mittlere Taste</translation>
        </message>
        <message>
            <source>right button</source>
            <translation>rechte Taste</translation>
        </message>
        <message>
            <source>wheel</source>
            <translation>Mausrad</translation>
        </message>
    </context>
    <context>
        <name>desk</name>
        <message>
            <source>All boxes are hidden: {hide} shows them.</source>
            <translation>Alle Boxen sind ausgeblendet: {hide} zeigt sie.</translation>
        </message>
        <message>
            <source>All {} images are reviewed.</source>
            <translation>Alle {} Bilder sind geprüft.</translation>
        </message>
        <message>
            <source>An image that cannot be opened stays unreviewed: nobody can see what is on it.</source>
            <translation>Ein Bild, das sich nicht öffnen lässt, bleibt ungeprüft: Niemand kann sehen, was darauf ist.</translation>
        </message>
        <message>
            <source>Category of the next box</source>
            <translation>Kategorie der nächsten Box</translation>
        </message>
        <message>
            <source>Category of the selected box</source>
            <translation>Kategorie der ausgewählten Box</translation>
        </message>
        <message>
            <source>Category: {}</source>
            <translation>Kategorie: {}</translation>
        </message>
        <message>
            <source>Copied one box</source>
            <translation>Eine Box kopiert</translation>
        </message>
        <message>
            <source>Copied {} boxes</source>
            <translation>{} Boxen kopiert</translation>
        </message>
        <message>
            <source>Hidden: boxes of {}. {show-categories} shows all again.</source>
            <translation>Ausgeblendet: Boxen von {}. {show-categories} zeigt wieder alle.</translation>
        </message>
        <message>
            <source>Images of more than {} pixels a side are detected in tiles: it takes longer and finds more.</source>
            <translation>Bilder mit mehr als {} Pixeln je Seite werden in Kacheln untersucht: das dauert länger und findet mehr.</translation>
        </message>
        <message>
            <source>Kept your box as it is</source>
            <translation>Eigene Box unverändert behalten</translation>
        </message>
        <message>
            <source>Large images are detected as a whole.</source>
            <translation>Große Bilder werden als Ganzes untersucht.</translation>
        </message>
        <message>
            <source>NMS IoU: {}.</source>
            <translation>NMS IoU: {}.</translation>
        </message>
        <message>
            <source>No box is selected: {next-box} goes to the next one.</source>
            <translation>Keine Box ausgewählt: {next-box} geht zur nächsten.</translation>
        </message>
        <message>
            <source>No image that matches the filter lies that way. {all-images} shows all images.</source>
            <translation>In dieser Richtung liegt kein Bild, das zum Filter passt. {all-images} zeigt alle Bilder.</translation>
        </message>
        <message>
            <source>Not drawn: the box was given no category.</source>
            <translation>Nicht gezeichnet: die Box bekam keine Kategorie.</translation>
        </message>
        <message>
            <source>Note on these {} boxes</source>
            <translation>Notiz zu diesen {} Boxen</translation>
        </message>
        <message>
            <source>Note on this box</source>
            <translation>Notiz zu dieser Box</translation>
        </message>
        <message>
            <source>Nothing is left to redo.</source>
            <translation>Nichts mehr zu wiederholen.</translation>
        </message>
        <message>
            <source>Nothing is left to undo.</source>
            <translation>Nichts mehr rückgängig zu machen.</translation>
        </message>
        <message>
            <source>Nothing was copied yet.</source>
            <translation>Noch wurde nichts kopiert.</translation>
        </message>
        <message>
            <source>Redid: {}</source>
            <translation>Wiederholt: {}</translation>
        </message>
        <message>
            <source>Score threshold: {}.</source>
            <translation>Konfidenzschwelle: {}.</translation>
        </message>
        <message>
            <source>Selected one box</source>
            <translation>Eine Box ausgewählt</translation>
        </message>
        <message>
            <source>Selected {} boxes</source>
            <translation>{} Boxen ausgewählt</translation>
        </message>
        <message>
            <source>Shown: boxes of {}.</source>
            <translation>Eingeblendet: Boxen von {}.</translation>
        </message>
        <message>
            <source>Shown: only boxes of {}. {show-categories} shows all again.</source>
            <translation>Eingeblendet: nur Boxen von {}. {show-categories} zeigt wieder alle.</translation>
        </message>
        <message>
            <source>Suggestions: {} shown, {} hidden.</source>
            <translation>Vorschläge: {} eingeblendet, {} ausgeblendet.</translation>
        </message>
        <message>
            <source>The detector has looked at every image already.</source>
            <translation>Der Detektor hat schon jedes Bild untersucht.</translation>
        </message>
        <message>
            <source>The detector looks at this image again.</source>
            <translation>Der Detektor untersucht dieses Bild erneut.</translation>
        </message>
        <message>
            <source>The next image is the next one in file order.</source>
            <translation>Das nächste Bild ist das nächste in Dateireihenfolge.</translation>
        </message>
        <message>
            <source>The next image is the one that teaches the detector most.</source>
            <translation>Das nächste Bild ist das, von dem der Detektor am meisten lernt.</translation>
        </message>
        <message>
            <source>The only image is reviewed.</source>
            <translation>Das einzige Bild ist geprüft.</translation>
        </message>
        <message>
            <source>The previous image has no boxes to copy.</source>
            <translation>Das vorige Bild hat keine Boxen zum Kopieren.</translation>
        </message>
        <message>
            <source>There is no annotation to copy: a suggestion is accepted first.</source>
            <translation>Keine Annotation zum Kopieren: ein Vorschlag muss zuerst angenommen werden.</translation>
        </message>
        <message>
            <source>There is no box to go to on this image.</source>
            <translation>Auf diesem Bild gibt es keine Box zum Anspringen.</translation>
        </message>
        <message>
            <source>There is no category yet: {find-category} names one.</source>
            <translation>Es gibt noch keine Kategorie: {find-category} benennt eine.</translation>
        </message>
        <message>
            <source>There is no category {} yet: {find-category} names a new one.</source>
            <translation>Es gibt noch keine Kategorie {}: {find-category} benennt eine neue.</translation>
        </message>
        <message>
            <source>There is no other category to merge with.</source>
            <translation>Es gibt keine andere Kategorie zum Zusammenführen.</translation>
        </message>
        <message>
            <source>There is no other image to review.</source>
            <translation>Es gibt kein weiteres Bild zu prüfen.</translation>
        </message>
        <message>
            <source>This box is locked: {reject} keeps it as it is.</source>
            <translation>Diese Box ist gesperrt: {reject} lässt sie, wie sie ist.</translation>
        </message>
        <message>
            <source>Undid: {}</source>
            <translation>Rückgängig gemacht: {}</translation>
        </message>
        <message>
            <source>What is in this box?</source>
            <translation>Was ist in dieser Box?</translation>
        </message>
        <message>
            <source>You and the detector do not differ on this image.</source>
            <translation>Auf diesem Bild gibt es keinen Unterschied zum Detektor.</translation>
        </message>
    </context>
    <context>
        <name>guide_link</name>
        <message>
            <source>Read about this in the guide</source>
            <translation>Darüber im Handbuch lesen</translation>
        </message>
    </context>
    <context>
        <name>hints</name>
        <message>
            <source>{accept} fits it</source>
            <translation>{accept} passt sie an</translation>
        </message>
    </context>
    <context>
        <name>panel_parts</name>
        <message>
            <source>Search</source>
            <translation>Suche</translation>
        </message>
    </context>
    <context>
        <name>window</name>
        <message>
            <source>Boxwright met an error of its own ({}).</source>
            <translation>Boxwright ist auf einen eigenen Fehler gestoßen ({}).</translation>
        </message>
    </context>
</TS>
