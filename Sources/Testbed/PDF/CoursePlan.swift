/// The documents that the demo's two organisations exchange. All of it is made up.
public enum CoursePlan {
  /// An individual course plan, four pages, as the municipality's adult education sends it.
  public static func municipality() -> PDFDocument {
    var plan = PDFDocument(title: "Individuell studieplan – exempel")
    plan.add(
      heading: "Individuell studieplan",
      paragraphs: [
        "Detta är ett påhittat exempel. Uppgifterna beskriver ingen verklig person, kurs eller skola.",
        "Studieplanen visar vilka kurser inom kommunal vuxenutbildning som har planerats, i vilken ordning de läses "
          + "och hur de hänger ihop med målet. Den följs upp vid varje terminsstart och när något ändras.",
        "Mål: vård- och omsorgsutbildning med yrkespaket undersköterska, 1 500 poäng.",
        "Studieform: klassrum på dagtid, tre dagar i veckan, kompletterat med fjärrundervisning.",
        "Omfattning: 75 procent under första terminen, därefter 100 procent.",
        "Underlag: kartläggning av tidigare studier, validering av yrkeskunskaper och samtal om behov av stöd.",
      ])
    plan.add(
      heading: "Kurser under våren",
      paragraphs: [
        "• Svenska som andraspråk 1 – 100 poäng, vecka 3 till 22.",
        "• Hälsopedagogik – 100 poäng, vecka 3 till 12.",
        "• Vård- och omsorgsarbete 1 – 200 poäng, vecka 8 till 22.",
        "• Etik och människans livsvillkor – 100 poäng, vecka 13 till 22.",
        "Arbetsplatsförlagt lärande omfattar fyra veckor. Platsen bestäms tillsammans med skolans samordnare senast "
          + "fyra veckor före start. Handledare på arbetsplatsen deltar i ett trepartssamtal.",
        "Kursstart förutsätter att föregående kurs är avslutad med minst betyget E, eller att läraren bedömer att "
          + "kurserna kan läsas parallellt.",
      ])
    plan.add(
      heading: "Kurser under hösten",
      paragraphs: [
        "• Vård- och omsorgsarbete 2 – 150 poäng, vecka 34 till 45.",
        "• Medicin 1 – 150 poäng, vecka 34 till 51.",
        "• Psykiatri 1 – 100 poäng, vecka 40 till 51.",
        "• Gerontologi och geriatrik – 100 poäng, vecka 34 till 42.",
        "• Specialpedagogik 1 – 100 poäng, vecka 43 till 51.",
        "Gymnasiearbetet planeras under höstens andra hälft och genomförs på samma arbetsplats som det "
          + "arbetsplatsförlagda lärandet, om arbetsplatsen kan erbjuda det.",
        "Vid behov ges språkstöd två timmar i veckan. Stödet är en del av studierna och påverkar inte omfattningen.",
      ])
    plan.add(
      heading: "Uppföljning och kontakt",
      paragraphs: [
        "Planen följs upp efter halva terminen och vid terminens slut. Ändrad omfattning, avbrott och förlängning "
          + "meddelas berörda myndigheter på det sätt som den lokala överenskommelsen anger.",
        "Frågor om antagning besvaras av funktionsbrevlådan för antagning, frågor om svenska för invandrare av dess "
          + "egen brevlåda. Skriv aldrig personuppgifter i ett meddelandes rubrik.",
        "Studie- och yrkesvägledaren ansvarar för planen. Den gäller tills en ny har fastställts.",
      ])
    return plan
  }

  /// The employment office's answer, two pages.
  public static func employmentOffice() -> PDFDocument {
    var answer = PDFDocument(title: "Bedömning av studieplan – exempel")
    answer.add(
      heading: "Bedömning av studieplan",
      paragraphs: [
        "Detta är ett påhittat exempel. Uppgifterna beskriver ingen verklig person eller verkligt ärende.",
        "Den planerade utbildningen bedöms motsvara behovet. Omfattningen är tillräcklig och kurserna leder till ett "
          + "yrke där det finns efterfrågan på arbetskraft i regionen.",
        "Bedömningen gäller till och med utgången av höstterminen. En ny bedömning görs om omfattningen minskar, om "
          + "studierna avbryts eller om målet ändras.",
      ])
    answer.add(
      heading: "Att tänka på",
      paragraphs: [
        "• Meddela ändrat startdatum så snart det är känt.",
        "• Meddela avbrott senast veckan efter att det har konstaterats.",
        "• Resultat lämnas när kursen är avslutad.",
        "Svar på detta meddelande skickas till samma funktionsbrevlåda. Ange den referens som följde med meddelandet "
          + "så att det kan kopplas till rätt ärende.",
      ])
    return answer
  }
}
