// End well if PDFBox is here.
public class HasBox {
  public static void main(String[] words) throws Exception {
    Class.forName("org.apache.pdfbox.pdmodel.PDDocument");
  }
}
